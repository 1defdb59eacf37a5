"""From the map to the polygons that decide about areas and red lights around one scene."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from envs.driving.map import DrivingMap, Layer
from envs.driving.map.layers import PolygonLayer
from envs.driving.ragged import offsets_of
from envs.driving.scene import Floats, TrafficLights
from envs.driving.scoring.areas import CARPARK, INTERSECTION, LANE, LANE_CONNECTOR, ROADBLOCK, AreaMap, PolygonSet
from envs.driving.scoring.traffic_light import RedLights

RADIUS_M = 100.0
STEPS_PER_FRAME = 5


def _layer_edges(layer: PolygonLayer) -> PolygonSet:
    """Directed edges of every polygon of a layer: each ring's vertices, paired with the next."""
    last_of_ring = np.zeros(max(len(layer.xy), 1), bool)
    last_of_ring[layer.ring_offsets[1:] - 1] = True
    starts = np.flatnonzero(~last_of_ring[: len(layer.xy)])
    edges = np.column_stack([layer.xy[starts], layer.xy[starts + 1]]) if len(starts) else np.zeros((0, 4))
    vertex_offsets = layer.ring_offsets[layer.polygon_offsets]
    offsets = np.searchsorted(starts, vertex_offsets)
    bounds = np.array([[*edges[a:b, :2].min(0), *edges[a:b, :2].max(0)] for a, b in itertools.pairwise(offsets)]).reshape(-1, 4)
    return PolygonSet(edges, offsets, bounds)


@lru_cache(maxsize=64)
def _edges_of(driving_map: DrivingMap, kind: Layer) -> PolygonSet:
    return _layer_edges(driving_map.layer(kind))


def _pick(parts: Sequence[tuple[PolygonSet, NDArray[np.int64]]]) -> PolygonSet:
    """The chosen polygons of several layers as one set."""
    edges, counts, bounds = [np.zeros((0, 4))], [np.zeros(0, np.int64)], [np.zeros((0, 4))]
    for source, chosen in parts:
        first, last = source.offsets[chosen], source.offsets[chosen + 1]
        edges.extend(source.edges[a:b] for a, b in zip(first, last))
        counts.append(last - first)
        bounds.append(source.bounds[chosen])
    offsets = offsets_of(np.concatenate(counts))
    return PolygonSet(np.ascontiguousarray(np.concatenate(edges)), offsets, np.concatenate(bounds))


def area_map(driving_map: DrivingMap, centre: Floats, route_lane_ids: Collection[str], radius: float = RADIUS_M) -> AreaMap:
    """The roadblocks, intersections and car parks that meet the square of ``radius`` m around ``centre`` (2,), and the lanes and connectors of the blocks that do. ``route_lane_ids``: of the corrected route."""
    blocks = driving_map.layer(Layer.ROADBLOCK).near(centre, radius)
    block_connectors = driving_map.layer(Layer.ROADBLOCK_CONNECTOR).near(centre, radius)
    ids = driving_map.roadblocks.ids
    n_blocks, n_lanes = driving_map.roadblocks.n_blocks, driving_map.lanes.n_lanes
    lanes = np.array([row for block in blocks for row in driving_map.rows_of(ids[block], connector=False)], np.int64)
    connectors = np.array(
        [row for block in block_connectors for row in driving_map.rows_of(ids[n_blocks + block], connector=True)], np.int64
    )
    crossings = driving_map.layer(Layer.INTERSECTION).near(centre, radius)
    carparks = driving_map.layer(Layer.CARPARK_AREA).near(centre, radius)
    parts = (
        (Layer.ROADBLOCK, ROADBLOCK, blocks),
        (Layer.LANE, LANE, lanes),
        (Layer.LANE_CONNECTOR, LANE_CONNECTOR, connectors - n_lanes),
        (Layer.INTERSECTION, INTERSECTION, crossings),
        (Layer.CARPARK_AREA, CARPARK, carparks),
    )
    polygons = _pick([(_edges_of(driving_map, layer), chosen) for layer, _, chosen in parts])
    kind = np.concatenate([np.full(len(chosen), number, np.int64) for _, number, chosen in parts])
    route = set(route_lane_ids)
    on_route = np.zeros(len(kind), bool)
    names = [driving_map.lanes.ids[row] for row in (*lanes, *connectors)]
    on_route[len(blocks) : len(blocks) + len(names)] = [name in route for name in names]
    return AreaMap(polygons, kind, on_route)


def red_lights(driving_map: DrivingMap, route: dict[str, int], lights: Sequence[TrafficLights]) -> RedLights:
    """The route's connectors that are red at some of the frames ``lights``; a status holds for the five steps from its frame on."""
    red: dict[int, list[int]] = {}
    for frame, statuses in enumerate(lights):
        for connector, is_red in statuses:
            if is_red and connector in route:
                red.setdefault(route[connector], []).append(frame)
    steps = STEPS_PER_FRAME * (len(lights) - 1) + 1
    when = np.zeros((steps, len(red)), bool)
    for column, frames in enumerate(red.values()):
        when[:, column] = np.isin(np.arange(steps) // STEPS_PER_FRAME, frames)
    n_lanes = driving_map.lanes.n_lanes
    lanes = [(Layer.LANE, row) if row < n_lanes else (Layer.LANE_CONNECTOR, row - n_lanes) for row in red]
    polygons = _pick([(_edges_of(driving_map, layer), np.array([row], np.int64)) for layer, row in lanes])
    return RedLights(polygons, when)
