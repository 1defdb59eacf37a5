"""Judges a closed-loop drive as it happens, 10 times a second: collisions and their fault, leaving the road, driving against the traffic, red lights, standing still for no reason, progress along the route."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely

from envs.driving.closed_loop.collision import collisions
from envs.driving.closed_loop.penalties import driving_score, infraction_of
from envs.driving.closed_loop.route import Lead, RouteLine, red_stop, route_speed_limit
from envs.driving.map.driving_map import DrivingMap
from envs.driving.scene import Boxes, Floats
from envs.driving.scoring.area_map import area_map
from envs.driving.scoring.areas import CENTRE_IN_INTERSECTION, NON_DRIVABLE, ONCOMING, areas
from envs.driving.scoring.driving_direction import COMPLIANT_BELOW_M, WINDOW_STEPS
from envs.driving.scoring.footprint import CENTRE, FRONT_LEFT, FRONT_RIGHT, footprints

STUCK_S: Final = 8.0
STUCK_M: Final = 1.0
"""Less than so many metres in so many seconds, with nothing ahead and no red light, is being stuck."""
STUCK_LEAD_M, STUCK_LIGHT_M = 12.0, 25.0
NO_PROGRESS_S: Final = 16.0
"""Without moving for so long the ego is stuck whatever stands ahead: a driver would have gone around."""
ROUTE_END_M: Final = 5.0
_STEP_S: Final = 0.1

Event = tuple[str, dict[str, Any]]


@dataclass
class Verdict:
    """What is true now, and what has been so far."""

    infractions: list[str] = field(default_factory=list)
    struck: set[str] = field(default_factory=set)
    crashed: bool = False
    stuck: bool = False
    route_done: bool = False
    off_road: bool = False
    against: bool = False
    progress_m: float = 0.0
    lead: Lead | None = None
    light_m: float | None = None
    light: str = ""


class DriveJudge:
    """One episode's judge.

    Args:
        route: the centreline; ``route_lanes``: ids of the lanes and connectors on it; ``reference_m``: the distance along it that counts as all of it; ``start`` (11,): the ego's first state.
    """

    def __init__(self, driving_map: DrivingMap, route: RouteLine, route_lanes: frozenset[str], reference_m: float, start: Floats) -> None:
        self.route, self.reference_m = route, max(float(reference_m), 1.0)
        self._map, self._lanes = driving_map, route_lanes
        lanes = driving_map.lanes
        rows = {name: lanes.connector_row[name] for name in route_lanes if name in lanes.connector_row}
        self._zones = {name: driving_map.lane_polygon(row) for name, row in sorted(rows.items())}
        for zone in self._zones.values():
            shapely.prepare(zone)
        self.stops = {name: self.route.position(lanes.baselines.line(row)[0])[0] for name, row in sorted(rows.items())}
        centre = route.point(min(route.length, self.reference_m) / 2)[:2]
        reach = 150.0 + max(route.length, float(np.abs(start[:2] - centre).max()))
        self._area = area_map(driving_map, centre, route_lanes, radius=reach)
        self.verdict = Verdict()
        self._against: deque[float] = deque(maxlen=WINDOW_STEPS + 1)
        self._without_reason: deque[float] = deque(maxlen=round(STUCK_S / _STEP_S))
        self._without_light: deque[float] = deque(maxlen=round(NO_PROGRESS_S / _STEP_S))
        feet = footprints(start[None, None])[0, 0]
        self._last_centre = feet[CENTRE].copy()
        self._start_m, _ = route.position(feet[CENTRE])
        self._was_touching = self._touching(feet)

    def judge(self, states: Floats, boxes: Sequence[Boxes], lights: Sequence[Mapping[str, str]]) -> list[Event]:
        """What happened in a few steps of 0.1 s: ``states`` (n, 11) after each, with the objects and lights of the same moments. An at-fault collision ends the judging of the rest."""
        feet = footprints(states[None])[0]
        flags = areas(states[None], feet[None], self._area)[0]
        events: list[Event] = []
        for k in range(len(states)):
            events += self._moment(states[k], feet[k], int(flags[k]), boxes[k], lights[k])
            if self.verdict.crashed or self.verdict.route_done or self.verdict.stuck:
                break
        for name, detail in events:
            infraction = infraction_of(name, detail)
            if infraction is not None:
                self.verdict.infractions.append(infraction)
        self._look_ahead(feet[-1], boxes[-1], lights[-1])
        return events

    def look(self, state: Floats, boxes: Boxes, lights: Mapping[str, str]) -> None:
        """What is ahead at the start, before anything has been driven."""
        self._look_ahead(footprints(state[None, None])[0, 0], boxes, lights)

    def speed_limit(self, pose: Floats) -> float:
        """m/s at ``pose`` on the route."""
        return route_speed_limit(self._map, self._lanes, pose)

    @property
    def progress(self) -> float:
        """Share of the reference distance, in [0, 1]."""
        return 1.0 if self.verdict.route_done else float(np.clip(self.verdict.progress_m / self.reference_m, 0.0, 1.0))

    def scores(self) -> dict[str, float | None]:
        """The episode's measures so far. ``nc``, ``dac``, ``ddc``, ``tlc``: as NAVSIM's gates, over the whole drive."""
        made = set(self.verdict.infractions)
        hits = {name for name in made if name.startswith("collision")}
        return {
            "driving_score": driving_score(self.progress, self.verdict.infractions),
            "route_progress": self.progress,
            "progress_m": float(self.verdict.progress_m),
            "nc": 0.0 if hits - {"collision_static"} else 0.5 if hits else 1.0,
            "dac": float("off_road" not in made),
            "ddc": float("wrong_way" not in made),
            "tlc": float("red_light" not in made),
        }

    def _moment(self, state: Floats, feet: Floats, flags: int, boxes: Boxes, lights: Mapping[str, str]) -> list[Event]:
        verdict, events = self.verdict, []
        moved = float(np.hypot(*(feet[CENTRE] - self._last_centre)))
        self._last_centre = feet[CENTRE].copy()
        for hit in collisions(state, feet, flags, boxes):
            if hit.token in verdict.struck:
                continue
            verdict.struck.add(hit.token)
            verdict.crashed = verdict.crashed or hit.at_fault
            events.append(("collision", {"with": hit.token, "name": hit.name, "kind": hit.kind, "at_fault": hit.at_fault}))
        off_road = bool(flags & NON_DRIVABLE)
        if off_road and not verdict.off_road:
            events.append(("off_road", {}))
        verdict.off_road = off_road
        self._against.append(moved if flags & ONCOMING and not flags & CENTRE_IN_INTERSECTION else 0.0)
        against = sum(self._against) >= COMPLIANT_BELOW_M
        if against and not verdict.against:
            events.append(("wrong_way", {}))
        verdict.against = against
        events += self._red_lights(feet, lights)
        at, _ = self.route.position(feet[CENTRE])
        verdict.progress_m = max(verdict.progress_m, at - self._start_m)
        if not verdict.route_done and at >= self.route.length - ROUTE_END_M and verdict.progress_m > ROUTE_END_M:
            verdict.route_done = True
            events.append(("route_done", {}))
        if not verdict.stuck and self._is_stuck(moved):
            verdict.stuck = True
            events.append(("stuck", {}))
        return events

    def _red_lights(self, feet: Floats, lights: Mapping[str, str]) -> list[Event]:
        """Whoever was on a connector before its light turned red may leave it."""
        touching = self._touching(feet)
        entered = [name for name in touching if lights.get(name) == "red" and name not in self._was_touching]
        self._was_touching = touching
        return [("red_light", {"connector": min(entered)})] if entered else []

    def _touching(self, feet: Floats) -> set[str]:
        ego = shapely.Polygon(feet[:4])
        return {name for name, zone in self._zones.items() if zone.intersects(ego)}

    def _is_stuck(self, moved: float) -> bool:
        """Time with a reason to wait does not count: it begins anew when the light turns green, or what was ahead has gone."""
        red = self.verdict.light_m is not None and self.verdict.light_m < STUCK_LIGHT_M
        held_up = self.verdict.lead is not None and self.verdict.lead.gap < STUCK_LEAD_M
        if red:
            self._without_light.clear()
        if red or held_up:
            self._without_reason.clear()
        for moves in (self._without_reason, self._without_light):
            moves.append(moved)
        return any(len(moves) == moves.maxlen and sum(moves) < STUCK_M for moves in (self._without_reason, self._without_light))

    def _look_ahead(self, feet: Floats, boxes: Boxes, lights: Mapping[str, str]) -> None:
        front = (feet[FRONT_LEFT] + feet[FRONT_RIGHT]) / 2
        self.verdict.lead = self.route.lead(front, boxes)
        self.verdict.light_m = red_stop(self.route, front, self.stops, lights)
        here, _ = self.route.position(front)
        ahead = [(stop, name) for name, stop in self.stops.items() if name in lights and -1.0 < stop - here < 60.0]
        self.verdict.light = str(lights[min(ahead)[1]]) if ahead else ""
