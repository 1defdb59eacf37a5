"""Where the ego is on its route, and the route mended: PDM-Closed's corrections (navsim's pdm_planner/utils/route_utils.py and graph_search/bfs_roadblock.py).

A logged route may not hold the ego's roadblock, have gaps, or loop. It is extended to the ego, its gaps are filled, and it is cut where it would cross itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

import numpy as np
import shapely

from envs.driving.errors import RouteError
from envs.driving.map.driving_map import DrivingMap
from envs.driving.map.layers import Layer
from envs.driving.scene import Floats

MAX_HEADING_ERROR = np.pi / 4
MAX_DISPLACEMENT_M = 3.0
SEARCH_RADIUS_M = 1.0
BACKWARD_DEPTH = 15
FORWARD_DEPTH = 30
LOOP_AREA_M2 = 1.0


def known_blocks(map_: DrivingMap, route: Sequence[str]) -> tuple[str, ...]:
    """The route without repetitions. Raises RouteError for an empty one, or a block that the map does not have."""
    if not route:
        raise RouteError("the scene has no route", "leave it out, as NAVSIM's filters do")
    for block in route:
        if not map_.roadblocks.knows(block):
            raise RouteError(
                f"the route names roadblock {block}, which the map {map_.name} does not have", "use the map that the log was made with"
            )
    return tuple(dict.fromkeys(route))


def correct_route(map_: DrivingMap, route: Sequence[str], pose: Floats) -> tuple[str, ...]:
    """Roadblocks and roadblock connectors of the mended ``route`` for an ego at ``pose`` (3,), in order, without repetitions. Raises RouteError."""
    blocks = list(known_blocks(map_, route))
    start, candidates = current_blocks(map_, pose, blocks)
    if start not in blocks:
        blocks = _reach_ego(map_, blocks, start, candidates)
    blocks = _without_loops(map_, _without_gaps(map_, blocks))
    return tuple(dict.fromkeys(blocks))


def current_blocks(map_: DrivingMap, pose: Floats, route: Collection[str]) -> tuple[str, list[str]]:
    """The most likely roadblock of ``pose``, and all likely ones: on the route rather than off it, else any that points the same way, else any near.

    A block is likely where the vertex of a lane's baseline that is nearest to the ego is less than 3 m away and heads less than 45 degrees elsewhere; it is listed once for each such lane.
    """
    near = _blocks_near(map_, pose)
    on_route: list[tuple[float, str]] = []
    off_route: list[tuple[float, str]] = []
    closest: list[tuple[float, str]] = []
    for block, is_connector in near:
        least = np.inf
        for row in map_.rows_of(block, connector=is_connector):
            path = map_.lanes.baselines.path(row)
            distances = np.sqrt(((path[:, :2] - pose[:2]) ** 2).sum(-1))
            nearest = int(np.argmin(distances))
            error = abs(_principal(path[nearest, 2] - pose[2]))
            least = min(least, float(distances[nearest]))
            if error < MAX_HEADING_ERROR and distances[nearest] < MAX_DISPLACEMENT_M:
                (on_route if block in route else off_route).append((float(distances[nearest]), block))
        closest.append((least, block))
    for found in (on_route, off_route, closest):
        if found:
            return found[int(np.argmin([distance for distance, _ in found]))][1], [block for _, block in found]
    raise RouteError(f"the map {map_.name} has no roadblocks", "use a map with roads")


def _blocks_near(map_: DrivingMap, pose: Floats) -> list[tuple[str, bool]]:
    """(block, is a connector) of those that meet the 2 m square around the ego; else the nearest of either kind."""
    kinds = ((Layer.ROADBLOCK, False), (Layer.ROADBLOCK_CONNECTOR, True))
    near = [(map_.layer(kind).ids[i], joined) for kind, joined in kinds for i in map_.layer(kind).near(pose, SEARCH_RADIUS_M)]
    if near:
        return near
    return [(map_.layer(kind).ids[map_.layer(kind).nearest(pose)[0]], joined) for kind, joined in kinds if len(map_.layer(kind))]


def search_blocks(
    neighbours: Callable[[str], Sequence[str]], start: str, targets: Collection[str], max_depth: int
) -> list[str] | None:  # fmt: skip
    """Breadth-first path from ``start`` to the first of ``targets`` within ``max_depth`` blocks; None where there is none.

    The original queues a block again whenever it is met again, at the same depth and later ones, and of several ways to a block at one depth the last one stands. Here each depth keeps its blocks in the order of their first
    and of their last meeting, which gives the same path without the exponential queue.
    """
    first, last = [start], [start]
    parents: list[dict[str, str]] = []
    for depth in range(1, max_depth + 1):
        for block in first:
            if block in targets:
                path = [block]
                for level in reversed(parents):
                    path.append(level[path[-1]])
                return path[::-1]
        if depth == max_depth or not first:
            return None
        parent: dict[str, str] = {}
        ordered: dict[str, None] = {}
        for block in last:
            for following in neighbours(block):
                parent[following] = block
                ordered.pop(following, None)
                ordered[following] = None
        first = list(dict.fromkeys(following for block in first for following in neighbours(block)))
        last = list(ordered)
        parents.append(parent)
    return None


def _reach_ego(map_: DrivingMap, blocks: list[str], start: str, candidates: Collection[str]) -> list[str]:
    """The route with a way from the ego's block put before it, where one is found."""
    back = search_blocks(map_.roadblocks.incoming, blocks[0], candidates, BACKWARD_DEPTH)
    if back is not None:
        return back[:0:-1] + blocks
    ahead = search_blocks(map_.roadblocks.outgoing, start, blocks[:3], FORWARD_DEPTH)
    if ahead is not None:
        return ahead + blocks[blocks.index(ahead[-1]) + 1 :]
    return blocks


def _without_gaps(map_: DrivingMap, blocks: list[str]) -> list[str]:
    filled = blocks[:1]
    for before, after in pairwise(blocks):
        if before not in map_.roadblocks.incoming(after):
            path = search_blocks(map_.roadblocks.outgoing, before, (after,), FORWARD_DEPTH)
            if path is not None and len(path) >= 3:
                filled += path[1:-1]
        filled.append(after)
    return filled


def _without_loops(map_: DrivingMap, blocks: list[str]) -> list[str]:
    """Cut before the first roadblock connector that overlaps an earlier one by more than 1 m2."""
    layer = map_.layer(Layer.ROADBLOCK_CONNECTOR)
    earlier: list[shapely.Polygon] = []
    for i, block in enumerate(blocks):
        if block in map_.roadblocks.block_ids or block not in layer.index:
            continue
        polygon = layer.polygons[layer.index[block]]
        if earlier and shapely.area(shapely.intersection(np.array(earlier, object), polygon)).max() > LOOP_AREA_M2:
            return blocks[:i]
        earlier.append(polygon)
    return blocks


def _principal(angle: float) -> float:
    return float(np.arctan2(np.sin(angle), np.cos(angle)))
