"""From the mended route to the line to follow: the ego's lane, and the shortest chain of lanes (navsim's abstract_pdm_planner.py and graph_search/dijkstra.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from envs.driving.errors import RouteError
from envs.driving.map.driving_map import DrivingMap
from envs.driving.map.layers import Layer
from envs.driving.scene import Floats

WINDOW = 30
"""Blocks of the route that the search looks ahead."""
MAP_RADIUS_M = 100.0


def route_lanes(map_: DrivingMap, route: Sequence[str]) -> dict[str, int]:
    """{lane or connector of the route's blocks: its row}, in the route's order."""
    return {map_.lanes.ids[row]: row for block in route for row in map_.rows_of(block)}


def start_lane(map_: DrivingMap, lanes: Mapping[str, int], pose: Floats, centre: Floats, footprint: Floats) -> int:
    """Row of the lane to start from. Raises RouteError for a route without lanes.

    Of the route's lanes and connectors under the rear axle at ``pose`` (3,), the one whose baseline's nearest vertex heads most alike; else the first that contains the ego's ``centre`` (2,); else the nearest to its
    ``footprint`` (>= 4, 2).
    """
    if not lanes:
        raise RouteError("the route has no lanes", "use the map that the log was made with")
    under = _route_lanes_under(map_, lanes, pose, centre)
    if under:
        return under[int(np.argmin([_heading_error(map_, row, pose) for row in under]))]
    rows = list(lanes.values())
    polygons = np.array([map_.lane_polygon(row) for row in rows], object)
    distances = shapely.distance(polygons, shapely.Polygon(footprint[:4]))
    holding = shapely.contains(polygons, shapely.Point(centre[0], centre[1]))
    if holding.any():
        return rows[int(np.argmax(holding))]
    return rows[int(np.argmin(distances))]


def _route_lanes_under(map_: DrivingMap, lanes: Mapping[str, int], pose: Floats, centre: Floats) -> list[int]:
    """In the order in which an STRtree of all drivable polygons around the ego finds them: it decides between equal headings."""
    at = shapely.Point(pose[0], pose[1])
    n = map_.lanes.n_lanes
    found = [int(row) for row in map_.layer(Layer.LANE).tree.query(at, predicate="intersects")]
    found += [int(row) + n for row in map_.layer(Layer.LANE_CONNECTOR).tree.query(at, predicate="intersects")]
    under = [row for row in found if lanes.get(map_.lanes.ids[row]) == row]
    if len(under) < 2:
        return under
    ids, polygons, rows = drivable_polygons(map_, centre)
    order = shapely.STRtree(polygons).query(at, predicate="intersects")
    return [rows[i] for i in order if rows[i] >= 0 and ids[i] in lanes]


def drivable_polygons(map_: DrivingMap, centre: Floats, radius: float = MAP_RADIUS_M) -> tuple[list[str], list[Any], list[int]]:
    """(ids, polygons, rows of lanes or -1) of the roadblocks, lanes, lane connectors, intersections and car parks around ``centre``, in the official order (PDMDrivableMap.from_simulation)."""
    blocks, joints = map_.layer(Layer.ROADBLOCK), map_.layer(Layer.ROADBLOCK_CONNECTOR)
    near_blocks, near_joints = blocks.near(centre, radius), joints.near(centre, radius)
    ids = [blocks.ids[i] for i in near_blocks]
    polygons: list[Any] = [blocks.polygons[i] for i in near_blocks]
    rows = [-1] * len(ids)
    for layer, near, connector in ((blocks, near_blocks, False), (joints, near_joints, True)):
        for i in near:
            for row in map_.rows_of(layer.ids[i], connector=connector):
                ids.append(map_.lanes.ids[row])
                polygons.append(map_.lane_polygon(row))
                rows.append(row)
    for kind in (Layer.INTERSECTION, Layer.CARPARK_AREA):
        layer = map_.layer(kind)
        for i in layer.near(centre, radius):
            ids.append(layer.ids[i])
            polygons.append(layer.polygons[i])
            rows.append(-1)
    return ids, polygons, rows


def _heading_error(map_: DrivingMap, row: int, pose: Floats) -> float:
    """rad. The nearest vertex is sought by x, y and nothing else."""
    path = map_.lanes.baselines.path(row)
    error = path[int(np.argmin(np.sqrt(((pose[:2] - path[:, :2]) ** 2).sum(-1)))), 2] - pose[2]
    return abs(float(np.arctan2(np.sin(error), np.cos(error))))


def centreline(map_: DrivingMap, route: Sequence[str], start: int) -> Floats:
    """(n, 3) x, y, heading of the vertices of the baselines from lane ``start`` (a row) along ``route``; joints are there twice.

    The goal is the last of the 30 blocks from the start lane's on. Where no chain of the route's lanes reaches it (a lane change would be needed), the deepest chain is taken, the shorter of two as deep.
    """
    return np.concatenate([map_.lanes.baselines.path(row) for row in lane_chain(map_, route, start)])


def lane_chain(map_: DrivingMap, route: Sequence[str], start: int) -> list[int]:
    """Rows of the lanes that the centreline follows: Dijkstra by the length of baselines."""
    own = map_.lanes.roadblock_ids[start]
    at = route.index(own) if own in route else 0
    goal = route[at : at + WINDOW][-1]
    allowed, lengths = set(route_lanes(map_, route).values()), map_.lanes.baselines.lengths
    parent: dict[int, int | None] = {start: None}
    frontier: dict[int, tuple[float, int]] = {start: (1.0, 1)}  # insertion order breaks ties, as the original's lists do
    expanded: dict[int, tuple[float, int]] = {}
    end = start
    while frontier:
        row = min(frontier, key=lambda each: frontier[each][0])
        distance, depth = frontier.pop(row)
        if map_.lanes.roadblock_ids[row] == goal:
            end = row
            break
        expanded[row] = (distance, depth)
        for following in map_.lanes.successors[row]:
            if following not in allowed or following in expanded:
                continue
            cost = distance + float(lengths[following])
            if following not in frontier or cost < frontier[following][0]:
                parent[following] = row
                frontier[following] = (cost, depth + 1)
    else:
        deepest = max(depth for _, depth in expanded.values())
        end = min((row for row, (_, depth) in expanded.items() if depth == deepest), key=lambda each: expanded[each][0])
    chain: list[int] = []
    step: int | None = end
    while step is not None:
        chain.append(step)
        step = parent[step]
    return chain[::-1]
