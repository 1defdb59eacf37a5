"""A world in the making: the ego's place on a route, and the means to put others on the road."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from scenarios.driving.forms.layout import Layout, Prop
from scenarios.driving.roads.curves import Array, wrap
from scenarios.driving.roads.network import Crosswalk, Route
from scenarios.driving.roads.path import Path
from scenarios.driving.world.actors import SIZES, Actor, Event, Lights, Style, Trigger
from scenarios.driving.world.limits import Temper, speed_limits
from scenarios.driving.world.world import START, Pass


@dataclass
class Draft:
    """`s` and `speed`: the ego's rear axle at the current frame (time 0), as planned; the human's drive before it may end a little off."""

    layout: Layout
    rng: np.random.Generator
    turn: str = ""
    s: float = 0.0
    speed: float = 0.0
    actors: list[Actor] = field(default_factory=list)
    props: list[Prop] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)
    critical: list[str] = field(default_factory=list)
    yields: list[str] = field(default_factory=lambda: ["pedestrian"])
    lights: Lights = field(default_factory=Lights)
    temper: Temper = field(default_factory=Temper)
    _route: Route | None = None

    def __post_init__(self) -> None:
        self.props = list(self.layout.props)
        rng = self.rng
        self.temper = Temper(
            float(rng.uniform(0.93, 1.0)),
            float(rng.uniform(1.2, 1.7)),
            float(rng.uniform(1.3, 1.5)),
            float(rng.uniform(1.6, 2.0)),
            float(rng.uniform(1.8, 2.1)),
        )

    @property
    def route(self) -> Route:
        """The ego's route; `take` chooses it."""
        assert self._route is not None
        return self._route

    def take(self, turn: str | None = None, lane: int | None = None) -> Route:
        """Choose the ego's route: a turn that the form offers (else one is drawn), the `lane`-th of its lanes (else one is drawn)."""
        self.turn = turn if turn in self.layout.ego else str(self.rng.choice(self.layout.turns))
        routes = self.layout.ego[self.turn]
        self._route = routes[int(self.rng.integers(len(routes))) if lane is None else lane % len(routes)]
        return self._route

    def place(self, s: float, speed: float | None = None) -> None:
        """Put the ego's rear axle at distance s of its route at time 0, at `speed` or at what is allowed there."""
        limits = speed_limits(self.route, self.route.path, self.temper, self.stop_line if self.layout.gives_way else None)
        allowed = float(np.interp(s, self.route.path.s, limits))
        before = float(np.interp(s + START * allowed, self.route.path.s, limits))
        self.speed = min(0.5 * (allowed + before), allowed + 1.5) if speed is None else min(speed, allowed + 1.0)
        self.s = max(s, 2.0 - START * self.speed)

    @property
    def stop_line(self) -> float | None:
        """Where the ego's first junction begins on its route, if lights or the right of way count there."""
        return (
            self.route.entry()
            if self.layout.signalised or self.layout.gives_way or self.layout.form in ("unsignalised_crossing", "t_junction", "car_park")
            else None
        )

    @property
    def light(self) -> str:
        """The light that counts for the ego, or ''."""
        return next((strip.light for strip in self.route.strips if strip.light), "")

    def green(self, until: float = 40.0) -> None:
        """Lights: the ego's road has green until then, the others red."""
        if self.layout.signalised:
            main = ((START - 60.0, "green"), (until, "yellow"), (until + 3.0, "red"))
            side = ((START - 60.0, "red"), (until + 5.0, "green"))
            self.lights = Lights({f"light.{arm}": main if arm in ("west", "east") else side for arm in ("west", "east", "north", "south")})

    def red(self, since: float, until: float) -> None:
        """Lights: the ego's road has red from `since` (3 s of yellow before) to `until`."""
        main = ((START - 60.0, "green"), (since - 3.0, "yellow"), (since, "red"), (until, "green"))
        side = ((START - 60.0, "red"), (since + 2.0, "green"), (until - 5.0, "yellow"), (until - 2.0, "red"))
        self.lights = Lights({f"light.{arm}": main if arm in ("west", "east") else side for arm in ("west", "east", "north", "south")})

    def size(self, kind: str) -> tuple[float, float, float]:
        """A size of `kind` with some variation."""
        length, width, height = SIZES[kind]
        return (
            round(length * float(self.rng.uniform(0.92, 1.08)), 2),
            round(width * float(self.rng.uniform(0.96, 1.04)), 2),
            round(height * float(self.rng.uniform(0.95, 1.05)), 2),
        )

    def kind(self) -> str:
        """car, van or truck."""
        return str(self.rng.choice(["car", "car", "car", "van", "truck"]))

    def vehicle(
        self,
        route: Route,
        s: float,
        speed: float,
        role: str = "background",
        kind: str | None = None,
        critical: bool = False,
        path: Path | None = None,
        **more: Any,
    ) -> Actor:
        """A vehicle whose centre is at distance s of `route` at time 0, if it keeps its speed until then."""
        lights = tuple((start, strip.light) for strip, start in zip(route.strips, route.starts, strict=True) if strip.light)
        more.setdefault("desired", max(speed, 0.0))
        name = more.pop("name", "vehicle")
        actor = Actor(
            f"{role}-{len(self.actors)}",
            name,
            self.size(kind or self.kind()),
            path or route.path,
            s + START * speed,
            speed,
            role=role,
            lights=lights,
            **more,
        )
        self.actors.append(actor)
        if critical:
            self.critical.append(actor.token)
        return actor

    def has_room(self, route: Route, s: float, speed: float, room: float = 9.0) -> bool:
        """Whether nobody is within `room` metres of distance s of `route` at time 0, nor of where one would have come from."""
        for back in (0.0, START):
            x, y, _ = route.path.at(s + back * speed)
            for actor in self.actors:
                ax, ay, _ = actor.path.at(actor.s + (back - START) * actor.speed)
                if np.hypot(ax - x, ay - y) < room:
                    return False
            ex, ey, _ = self.route.path.at(self.s + back * self.speed + 1.5)
            if np.hypot(ex - x, ey - y) < 0.4 * room:
                return False
        return True

    def walker(
        self, line: Array, speed: float, arrival: float, role: str = "pedestrian", delay: float = 0.0, name: str = "pedestrian", **more: Any
    ) -> Actor:
        """A pedestrian at the first point of `line` (n, 2), who walks along it as soon as the ego is `arrival` seconds from where the line meets its route."""
        shape = np.asarray(line, dtype=np.float64)
        heading = float(np.arctan2(shape[-1, 1] - shape[0, 1], shape[-1, 0] - shape[0, 0]))
        path = Path.through(np.column_stack([shape, np.full(len(shape), heading)]))
        _, left = self.route.path.project(path.samples)
        point = path.samples[int(np.argmin(np.abs(left)))]
        event = Event(Trigger(point=(float(point[0]), float(point[1])), arrival=arrival - delay), speed=speed, rate=2.0)
        actor = Actor(
            f"{role}-{len(self.actors)}", name, self.size("pedestrian" if name == "pedestrian" else "bicycle"), path, 0.0, 0.0, 0.0,
            role=role, events=(event,), reacts=False, **{"intends": True, **more},
        )  # fmt: skip
        self.actors.append(actor)
        self.critical.append(actor.token)
        return actor

    def crossed(self, crosswalk: Crosswalk) -> float | None:
        """Distance at which the ego's route reaches a crosswalk, or None."""
        line = shapely.LineString(self.route.path.samples[:, :2])
        shared = shapely.intersection(line, crosswalk.polygon)
        if shared.is_empty:
            return None
        along, _ = self.route.path.project(shapely.get_coordinates(shared))
        return float(along.min())

    def across(self, s: float, left: float, right: float) -> Array:
        """The line (2, 2) square to the route at distance s, from `right` metres right of it to `left` metres left."""
        x, y, heading = self.route.path.at(s)
        return np.array(
            [[x + right * np.sin(heading), y - right * np.cos(heading)], [x - left * np.sin(heading), y + left * np.cos(heading)]]
        )

    def beside(self, s: float, left: float, turn: float = 0.0) -> tuple[float, float, float]:
        """The pose `left` metres left of the route at distance s, turned by `turn`."""
        x, y, heading = self.route.path.at(s)
        return (float(x - left * np.sin(heading)), float(y + left * np.cos(heading)), wrap(heading + turn))

    def keep_near(self, reach: float) -> None:
        """Drop props that are further than `reach` from the way of the next 20 s; critical ones keep their tokens' meaning."""
        way = self.route.path.poses(np.arange(self.s - 30.0, self.s + 20.0 * max(self.speed, 4.0) + 20.0, 4.0))
        kept = [
            row for row, prop in enumerate(self.props)
            if f"prop-{row}" in self.critical or np.hypot(way[:, 0] - prop.pose[0], way[:, 1] - prop.pose[1]).min() < reach
        ]  # fmt: skip
        renamed = {f"prop-{row}": f"prop-{place}" for place, row in enumerate(kept)}
        self.props = [self.props[row] for row in kept]
        self.critical = [renamed.get(token, token) for token in self.critical]

    def lane_edges(self, s: float) -> tuple[float, float]:
        """Distances from the route at s, on a lane, to the left and right edge of its road."""
        strip, width = self.route.strip_at(s), self.width(s)
        after = len(self.layout.network.roads[strip.road].lanes) - 1 - strip.index
        return width * (strip.index + 0.5), width * (after + 0.5)

    def width(self, s: float) -> float:
        """Width of the ego's lane at distance s."""
        strip = self.route.strip_at(s)
        middle = len(strip.left) // 2
        return float(np.hypot(*(strip.left[middle, :2] - strip.right[middle, :2])))

    def neighbour_route(self, s: float, side: int) -> Route | None:
        """The route that goes on from the lane to the left (-1) or right (+1) of the ego's at distance s."""
        lane = self.layout.network.neighbour(self.route.strip_at(s).key, side)
        return self.layout.network.follow(lane.key, [self.turn]) if lane else None

    def style(self, headway: float | None = None) -> Style:
        """A style of driving, drawn."""
        rng = self.rng
        return Style(
            float(rng.uniform(1.1, 1.8)) if headway is None else headway,
            float(rng.uniform(1.8, 2.6)),
            float(rng.uniform(1.2, 1.8)),
            float(rng.uniform(1.8, 2.4)),
        )
