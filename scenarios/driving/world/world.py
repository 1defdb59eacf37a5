"""A world: all that is needed to let a situation happen, by a log's human or in the closed loop. Nothing in it changes; its frame is local, :attr:`World.origin` places it on the map."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.driving.forms.layout import Layout, Prop
from scenarios.driving.roads.network import Route
from scenarios.driving.world.actors import Actor, Lights
from scenarios.driving.world.limits import Temper
from scenarios.driving.world.traffic import Traffic

START = -2.0
"""Seconds before the current frame at which a world begins: four frames of history for the frame before the current one."""


@dataclass(frozen=True)
class Pass:
    """Something in the ego's lane that a driver goes around when the way is free: it takes the path's distances `first` to `last` [m]; the line moves `left` metres to its left. `back`: to the lane again behind it.

    `row`: the row of the actor that is passed, when it moves; then `first` and `last` are its present ends relative to its centre.
    """

    first: float
    last: float
    left: float
    back: bool = True
    row: int | None = None


@dataclass(frozen=True, eq=False)
class World:
    """`route` with the ego's rear axle at distance `ego_s` and `ego_speed` at START; `critical`: tokens of the actors (or props, by `prop-<row>`) and lights that the situation is about.

    `yields`: roles of vehicles that have the right of way over the ego. `hold`: distance of the line at which it waits for them.
    """

    split: str
    seed: int
    index: int
    form: str
    situation: str
    layout: Layout
    route: Route
    turn: str
    ego_s: float
    ego_speed: float
    temper: Temper
    actors: tuple[Actor, ...]
    props: tuple[Prop, ...]
    lights: Lights
    critical: tuple[str, ...]
    origin: tuple[float, float, float]
    weather: str
    passes: tuple[Pass, ...] = ()
    yields: tuple[str, ...] = ("pedestrian",)
    stop_line: float | None = None
    light: str = ""
    attempt: int = 0

    def traffic(self) -> Traffic:
        """Everybody else at START."""
        return Traffic(self.actors, self.props, self.lights, START, self.route.path)
