"""The route as a line: how far along it the ego is, who is ahead of it, and where the next red light stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from envs.driving.map.driving_map import DrivingMap
from envs.driving.scene import Boxes, Floats
from envs.driving.scoring.centreline import locate

SAME_POINT_M = 1e-6
FALLBACK_LIMIT = 15.0


@dataclass(frozen=True)
class Lead:
    """What is ahead on the route: its track, the free ``gap`` to it from the ego's bumper in m, and its ``speed`` along the route in m/s."""

    token: str
    name: str
    gap: float
    speed: float


@dataclass(frozen=True, eq=False)
class RouteLine:
    """``line`` (n, 2) global vertices of the centreline."""

    line: Floats

    @classmethod
    def through(cls, vertices: Floats) -> RouteLine:
        """The line through ``vertices`` (n, 2), of which those repeated are left out."""
        keep = np.concatenate([[True], np.hypot(*np.diff(vertices, axis=0).T) > SAME_POINT_M])
        return cls(np.ascontiguousarray(vertices[keep]))

    @cached_property
    def along(self) -> Floats:
        """(n,) m from the first vertex."""
        return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.line, axis=0).T))])

    @property
    def length(self) -> float:
        return float(self.along[-1])

    def position(self, point: Floats) -> tuple[float, float]:
        """(distance along the line, distance from it), m."""
        at, square, _ = locate(self.line, float(point[0]), float(point[1]))
        return float(at), float(np.sqrt(square))

    def point(self, distance: float) -> Floats:
        """(3,) x, y, heading of the line at ``distance`` m; beyond its ends it goes straight on."""
        inner = min(max(distance, 0.0), self.length)
        i = min(max(int(self.along.searchsorted(inner, side="right")) - 1, 0), len(self.line) - 2)
        while i < len(self.line) - 2 and self.along[i + 1] - self.along[i] < 1e-9:
            i += 1
        (x, y), (x1, y1) = self.line[i], self.line[i + 1]
        heading = float(np.arctan2(y1 - y, x1 - x))
        beyond = distance - float(self.along[i])
        return np.array([x + beyond * np.cos(heading), y + beyond * np.sin(heading), heading])

    @cached_property
    def bends(self) -> Floats:
        """(m,) curvature in 1/m at every metre from the first vertex on, over four metres."""
        points = np.stack([np.interp(np.arange(0.0, self.length + 1.0), self.along, self.line[:, axis]) for axis in (0, 1)], axis=1)
        if len(points) < 6:
            return np.zeros(len(points))
        ahead, behind = points[4:] - points[2:-2], points[2:-2] - points[:-4]
        turn = np.arctan2(behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0], np.sum(behind * ahead, axis=1))
        return np.pad(np.abs(turn) / 2.0, 2, mode="edge")

    def lead(self, front: Floats, boxes: Boxes, half_width: float = 1.5, reach: float = 80.0) -> Lead | None:
        """The nearest object whose middle is within ``half_width`` plus half its own width of the line ahead of the bumper at ``front`` (2,)."""
        here, _ = self.position(front)
        best: Lead | None = None
        for k in np.flatnonzero(np.hypot(*(boxes.xyz[:, :2] - front).T) < reach):
            at, off = self.position(boxes.xyz[k, :2])
            heading = self.point(at)[2]
            turn = float(boxes.heading[k]) - heading
            half_length = abs(np.cos(turn)) * boxes.size[k, 0] / 2 + abs(np.sin(turn)) * boxes.size[k, 1] / 2
            half_breadth = abs(np.sin(turn)) * boxes.size[k, 0] / 2 + abs(np.cos(turn)) * boxes.size[k, 1] / 2
            gap = at - half_length - here
            if off > half_width + half_breadth or at <= here or gap > reach or (best is not None and gap >= best.gap):
                continue
            speed = float(boxes.velocity[k, 0] * np.cos(heading) + boxes.velocity[k, 1] * np.sin(heading))
            best = Lead(boxes.track_tokens[k], boxes.names[k], float(gap), speed)
        return best


def red_stop(route: RouteLine, front: Floats, stops: Mapping[str, float], lights: Mapping[str, str]) -> float | None:
    """Metres from the bumper to the nearest stop line ahead whose light is not green. ``stops``: {connector: distance of its beginning along the route}."""
    here, _ = route.position(front)
    ahead = [stop - here for connector, stop in stops.items() if lights.get(connector) in ("red", "yellow") and stop - here > -1.0]
    return min(ahead) if ahead else None


def route_speed_limit(driving_map: DrivingMap, route_lanes: Collection[str], pose: Floats) -> float:
    """m/s: the highest limit of the lanes and connectors among ``route_lanes`` (ids) that hold ``pose``; 15 m/s, as PDM-Closed's, where the map gives none."""
    limits = [driving_map.speed_limit(row) for row in driving_map.lanes_at(pose[:2]) if driving_map.lanes.ids[row] in route_lanes]
    return max((limit for limit in limits if limit is not None), default=FALLBACK_LIMIT)
