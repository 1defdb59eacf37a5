"""What moves in a world, and what it has been told to do: plain data, driven by :mod:`scenarios.driving.world.traffic`."""

from __future__ import annotations

from dataclasses import dataclass, field

from scenarios.driving.roads.path import Path

SIZES: dict[str, tuple[float, float, float]] = {
    "car": (4.6, 1.9, 1.6),
    "van": (5.6, 2.1, 2.4),
    "truck": (8.5, 2.45, 3.2),
    "pedestrian": (0.6, 0.6, 1.75),
    "bicycle": (1.8, 0.6, 1.7),
}
"""Length, width, height [m] before variation."""


@dataclass(frozen=True)
class Trigger:
    """When an event happens, once: at `time` [s; 0 is the current frame], or as soon as the ego would reach `point` (x, y) within `arrival` seconds at its speed of now."""

    time: float | None = None
    point: tuple[float, float] | None = None
    arrival: float = 0.0


@dataclass(frozen=True)
class Event:
    """Something an actor does when its trigger fires: go for `speed` [m/s] at `rate` [m/s2], or move `left` metres to the side over `length` metres of its path."""

    trigger: Trigger
    speed: float | None = None
    rate: float = 2.0
    left: float = 0.0
    length: float = 0.0


@dataclass(frozen=True)
class Style:
    """How a driver keeps its distance: the parameters of the intelligent driver model (Treiber, Hennecke and Helbing 2000)."""

    headway: float = 1.4
    gap: float = 2.0
    accelerate: float = 1.5
    brake: float = 2.0
    hardest: float = 5.0


@dataclass(frozen=True, eq=False)
class Actor:
    """Something that moves along `path`: its centre is at distance `s` at the world's first moment, at `speed`, wanting `desired` [m/s].

    `reacts`: it keeps its distance to what is ahead of it, the ego included. `lights`: (distance of the stop line, light) on its path. `gives_way`: it lets the ego go first where their ways cross.
    `intends`: standing now, but anybody sees that it wants to cross (a pedestrian at the kerb). `hidden_until`: the human does not know of it before it is nearer than this (m), for it is behind something.
    """

    token: str
    name: str
    size: tuple[float, float, float]
    path: Path
    s: float
    speed: float
    desired: float
    role: str = "background"
    style: Style = field(default_factory=Style)
    events: tuple[Event, ...] = ()
    reacts: bool = True
    gives_way: bool = False
    intends: bool = False
    hidden_until: float | None = None
    lights: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Lights:
    """Signals over time: light -> ((from second, red | yellow | green), ...), the first from before the world begins."""

    phases: dict[str, tuple[tuple[float, str], ...]] = field(default_factory=dict)

    def state(self, light: str, time: float) -> str:
        """The colour of `light` at `time` [s]."""
        colour = "green"
        for start, name in self.phases.get(light, ()):
            if time >= start - 1e-9:
                colour = name
        return colour
