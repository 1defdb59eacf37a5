"""The route of a drive as a line and its lanes."""

from __future__ import annotations

import numpy as np

from envs.driving.closed_loop.route import RouteLine
from envs.driving.environment.case import DriveStart
from envs.driving.map.centreline import centreline, route_lanes, start_lane
from envs.driving.map.driving_map import DrivingMap
from envs.driving.map.route import correct_route
from envs.driving.scoring.footprint import CENTRE, footprints


def route_of(driving_map: DrivingMap, start: DriveStart) -> tuple[RouteLine, frozenset[str]]:
    """(centreline, ids of the lanes and connectors on the route), from the log's first pose on. Raises RouteError where the map has no such route."""
    state = start.state.copy()
    state[:3] = start.human[0]  # a displaced ego still has the route of the lane that it came from
    feet = footprints(state[None, None])[0, 0]
    blocks = correct_route(driving_map, start.route_ids, state[:3])
    lanes = route_lanes(driving_map, blocks)
    if start.route_line is not None:
        return RouteLine(np.ascontiguousarray(start.route_line[:, :2])), frozenset(lanes)
    row = start_lane(driving_map, lanes, state[:3], feet[CENTRE], feet[:4])
    return RouteLine.through(centreline(driving_map, blocks, row)[:, :2]), frozenset(lanes)
