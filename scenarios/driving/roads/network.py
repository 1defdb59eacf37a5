"""A parametric lane graph: roads of parallel lanes, joined by connectors inside junction areas. Metres, right-hand traffic, a frame of its own near the origin.

Words are the map's (nuPlan): a *road* is a roadblock (lane group) of parallel lanes; a *link* is a roadblock connector: the connectors from one road to another; a junction is an intersection polygon. Every connector lies inside
its junction's polygon, for NAVSIM counts only roadblocks, intersections and car parks as drivable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from scenarios.driving.roads.curves import Array, concatenate, join, offset, wrap
from scenarios.driving.roads.path import Path

SEAM = 0.02
"""Areas are grown by this much [m], so that no crack between neighbours counts as off the road."""


@dataclass(frozen=True, eq=False)
class Strip:
    """A lane or a connector: centre (n, 3), its two edges (n, 3), speed limit [m/s]. Connectors have `source` and `target` lanes, a `junction` and a `turn` (left, straight, right)."""

    key: str
    road: str
    index: int
    centre: Array
    left: Array
    right: Array
    speed: float
    source: str = ""
    target: str = ""
    junction: str = ""
    turn: str = ""
    light: str = ""

    @property
    def is_connector(self) -> bool:
        """Whether it joins two lanes."""
        return bool(self.source)

    @property
    def polygon(self) -> shapely.Polygon:
        """The area between the edges."""
        ring = np.concatenate([thinned(self.left), thinned(self.right)[::-1]])
        polygon = shapely.Polygon(ring)
        return polygon if polygon.is_valid else shapely.Polygon(shapely.buffer(polygon, 0).exterior)


@dataclass(frozen=True, eq=False)
class Road:
    """A roadblock or, with `source` and `target` roads, a roadblock connector."""

    key: str
    lanes: tuple[str, ...]
    junction: str = ""
    source: str = ""
    target: str = ""


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """A zebra crossing: its polygon, and the line (2, 2) that someone walks across the road, from kerb to kerb."""

    polygon: shapely.Polygon
    line: Array


@dataclass(frozen=True, eq=False)
class Route:
    """Lanes and connectors in order, their roads without repetition, the path along their centres, and where each begins on it [m]."""

    strips: tuple[Strip, ...]
    roads: tuple[str, ...]
    path: Path
    starts: tuple[float, ...]

    def begin(self, key: str) -> float:
        """Distance along the path at which lane or connector `key` begins."""
        return self.starts[[strip.key for strip in self.strips].index(key)]

    def entry(self) -> float | None:
        """Distance at which the first junction's connector begins (where the stop line is); None without one."""
        return next((start for strip, start in zip(self.strips, self.starts, strict=True) if strip.is_connector), None)

    def strip_at(self, s: float) -> Strip:
        """The lane or connector that holds distance s."""
        return self.strips[max(int(np.searchsorted(self.starts, s, side="right")) - 1, 0)]


@dataclass
class RoadNetwork:
    """Built step by step by a road form; nothing changes it afterwards."""

    strips: dict[str, Strip] = field(default_factory=dict)
    roads: dict[str, Road] = field(default_factory=dict)
    junctions: dict[str, shapely.Polygon] = field(default_factory=dict)
    crosswalks: list[Crosswalk] = field(default_factory=list)
    walkways: list[shapely.Polygon] = field(default_factory=list)
    carparks: list[shapely.Polygon] = field(default_factory=list)
    stops: list[tuple[str, shapely.Polygon]] = field(default_factory=list)  # (connector key, polygon before its start)
    signalised: set[str] = field(default_factory=set)

    def add_road(self, key: str, reference: Array, widths: Sequence[float], speed: float, left_edge: float = 0.0) -> Road:
        """A road whose left edge runs `left_edge` metres left of the curve `reference` (n, 3), with lanes of `widths` from left to right."""
        lanes: list[str] = []
        edge = left_edge
        for index, width in enumerate(widths):
            name = f"{key}.{index}"
            curves = [offset(reference, value) for value in (edge - width / 2, edge, edge - width)]
            self.strips[name] = Strip(name, key, index, curves[0], curves[1], curves[2], speed)
            lanes.append(name)
            edge -= width
        self.roads[key] = Road(key, tuple(lanes))
        return self.roads[key]

    def connect(
        self,
        junction: str,
        source: str,
        target: str,
        turn: str = "straight",
        light: str = "",
        stretch: float = 0.4,
        centre: Array | None = None,
    ) -> Strip:
        """A connector of `junction` from lane `source` to lane `target`; its limit is that of the slower lane, or what the curve allows at 2 m/s2 across. `centre` replaces the smooth join."""
        first, last = self.strips[source], self.strips[target]
        curve = join(first.centre[-1], last.centre[0], stretch) if centre is None else centre
        share = np.linspace(0.0, 1.0, len(curve))
        ends = [0.5 * float(np.hypot(*(strip.left[at, :2] - strip.right[at, :2]))) for strip, at in ((first, -1), (last, 0))]
        half = ends[0] + share * (ends[1] - ends[0])
        bend = float(np.max(np.abs(Path.through(curve).curvature)))
        allowed = float(np.sqrt(2.0 / bend)) if bend > 1e-6 else np.inf
        limit = min(first.speed, last.speed, round(allowed, 1))
        road = f"{first.road}>{last.road}"
        key = f"{source}>{target}"
        edges = [offset(curve, sign * half) for sign in (1.0, -1.0)]
        strip = Strip(key, road, first.index, curve, edges[0], edges[1], limit, source, target, junction, turn, light)
        self.strips[key] = strip
        known = self.roads.get(road)
        self.roads[road] = Road(road, (*known.lanes, key) if known else (key,), junction, first.road, last.road)
        return strip

    def close_junction(self, key: str, area: shapely.Polygon | None = None) -> None:
        """The polygon of junction `key`: all its connectors, and `area`, without holes."""
        pieces = [shapely.buffer(strip.polygon, SEAM, join_style="mitre") for strip in self.strips.values() if strip.junction == key]
        whole = shapely.union_all(pieces + ([area] if area is not None else []))
        whole = shapely.buffer(shapely.buffer(whole, 0.6), -0.6)  # closes slits between connectors
        if not isinstance(whole, shapely.Polygon):
            raise ValueError(f"junction {key} is in pieces")
        filled = shapely.union_all([shapely.Polygon(whole.exterior), *pieces])
        assert isinstance(filled, shapely.Polygon)
        self.junctions[key] = filled

    def add_stop(self, connector: str, depth: float = 1.0) -> None:
        """A stop polygon just before `connector` begins."""
        strip = self.strips[connector]
        start = strip.centre[0]
        back = np.array([np.cos(start[2]), np.sin(start[2])]) * depth
        left, right = strip.left[0, :2], strip.right[0, :2]
        self.stops.append((connector, shapely.Polygon([left, right, right - back, left - back])))

    def successors(self, key: str) -> list[Strip]:
        """What a lane or connector leads to."""
        strip = self.strips[key]
        if strip.is_connector:
            return [self.strips[strip.target]]
        return [other for other in self.strips.values() if other.source == key]

    def neighbour(self, key: str, side: int) -> Strip | None:
        """The lane beside lane `key`: side -1 left, +1 right."""
        strip = self.strips[key]
        lanes = self.roads[strip.road].lanes
        place = strip.index + side
        return self.strips[lanes[place]] if not strip.is_connector and 0 <= place < len(lanes) else None

    def route(self, keys: Sequence[str]) -> Route:
        """The route through lanes and connectors `keys`, each leading to the next."""
        strips = tuple(self.strips[key] for key in keys)
        curve = concatenate([strip.centre for strip in strips])
        path = Path.through(curve)
        places, _ = path.project(np.stack([strip.centre[0] for strip in strips]))
        roads = tuple(dict.fromkeys(strip.road for strip in strips))
        return Route(strips, roads, path, tuple(float(s) for s in places))

    def follow(self, key: str, turns: Sequence[str] = ()) -> Route:
        """The route from lane `key`: at each fork the next of `turns`, then straight on (the least turn), to the end of the road or 12 roads on."""
        keys, wanted = [key], list(turns)
        while len(keys) < 24:
            options = self.successors(keys[-1])
            if not options:
                break
            turn = wanted.pop(0) if wanted and options[0].is_connector else "straight"
            fitting = [option for option in options if option.turn == turn] or options
            best = min(fitting, key=lambda option: (abs(wrap(float(option.centre[-1, 2] - option.centre[0, 2]))), option.index))
            keys.append(best.key)
        return self.route(keys)


def thinned(curve: Array) -> Array:
    """Points (m, 2) of a curve (n, 3) without those that lie on the line of their neighbours (1 mm)."""
    line = shapely.simplify(shapely.LineString(curve[:, :2]), 0.001)
    return shapely.get_coordinates(line)
