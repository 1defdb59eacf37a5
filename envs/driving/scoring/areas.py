"""Where the ego is: on which lanes, off the road, on the wrong side, in an intersection (navsim's _calculate_ego_area)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.ragged import offsets_of
from envs.driving.scene import Floats
from envs.driving.scoring.overlap import inside

ROADBLOCK, LANE, LANE_CONNECTOR, INTERSECTION, CARPARK = range(5)

MULTIPLE_LANES = 1
"""More than one lane or connector holds a corner, and none holds all four."""
NON_DRIVABLE = 2
"""Some corner is in no roadblock, intersection or car park."""
ONCOMING = 4
"""The centre is in no lane or connector of the route."""
CENTRE_IN_INTERSECTION = 8
AXLE_IN_INTERSECTION = 16


class PolygonSet(NamedTuple):
    """``P`` polygons by their directed edges: number p has ``edges[offsets[p] : offsets[p + 1]]`` (E, 4: ax, ay, bx, by), holes included; ``bounds`` (P, 4) xmin, ymin, xmax, ymax."""

    edges: Floats
    offsets: NDArray[np.int64]
    bounds: Floats


class AreaMap(NamedTuple):
    """The polygons around the ego that decide about areas: ``kind`` (P,) and ``on_route`` (P,) beside them."""

    polygons: PolygonSet
    kind: NDArray[np.int64]
    on_route: NDArray[np.bool_]


def polygon_set(rings: list[list[Floats]]) -> PolygonSet:
    """From polygons given as their closed rings (n, 2), the exterior first."""
    edges = [np.concatenate([np.hstack([ring[:-1], ring[1:]]) for ring in polygon]) for polygon in rings]
    offsets = offsets_of([len(e) for e in edges])
    bounds = np.array([[*e[:, :2].min(0), *e[:, :2].max(0)] for e in edges]).reshape(-1, 4)
    return PolygonSet(np.ascontiguousarray(np.concatenate([np.zeros((0, 4)), *edges])), offsets, bounds)


@kernel
def ego_areas(states, footprint, edges, offsets, bounds, kind, on_route, out):
    """Flags of each step of one trajectory into ``out`` (T,)."""
    points = np.empty((6, 2))
    for t in range(len(states)):
        points[:5] = footprint[t]
        points[5, 0], points[5, 1] = states[t, 0], states[t, 1]
        xmin, xmax, ymin, ymax = points[5, 0], points[5, 0], points[5, 1], points[5, 1]
        for i in range(4):
            xmin, xmax = min(xmin, points[i, 0]), max(xmax, points[i, 0])
            ymin, ymax = min(ymin, points[i, 1]), max(ymax, points[i, 1])
        drivable = 0  # bit i: corner i stands on a drivable polygon
        lanes, whole, flags = 0, False, ONCOMING
        for p in range(len(kind)):
            if bounds[p, 0] > xmax or bounds[p, 2] < xmin or bounds[p, 1] > ymax or bounds[p, 3] < ymin:
                continue
            first, last = offsets[p], offsets[p + 1]
            if kind[p] == LANE or kind[p] == LANE_CONNECTOR:
                corners = 0
                for i in range(4):
                    if inside(edges, first, last, points[i, 0], points[i, 1]):
                        corners += 1
                lanes += corners > 0
                whole = whole or corners == 4
                if on_route[p] and flags & ONCOMING and inside(edges, first, last, points[4, 0], points[4, 1]):
                    flags ^= ONCOMING
                continue
            for i in range(4):
                if not drivable & (1 << i) and inside(edges, first, last, points[i, 0], points[i, 1]):
                    drivable |= 1 << i
            if kind[p] == INTERSECTION:
                if not flags & CENTRE_IN_INTERSECTION and inside(edges, first, last, points[4, 0], points[4, 1]):
                    flags |= CENTRE_IN_INTERSECTION
                if not flags & AXLE_IN_INTERSECTION and inside(edges, first, last, points[5, 0], points[5, 1]):
                    flags |= AXLE_IN_INTERSECTION
        if lanes > 1 and not whole:
            flags |= MULTIPLE_LANES
        if drivable != 15:
            flags |= NON_DRIVABLE
        out[t] = flags


@kernel
def _areas(states, feet, edges, offsets, bounds, kind, on_route, out):
    for b in range(len(states)):
        ego_areas(states[b], feet[b], edges, offsets, bounds, kind, on_route, out[b])


def areas(states: Floats, feet: Floats, area: AreaMap) -> NDArray[np.int64]:
    """Flags (B, T) of ``states`` (B, T, 11) whose footprints are ``feet`` (B, T, 5, 2): a sum of MULTIPLE_LANES, NON_DRIVABLE, ONCOMING, CENTRE_IN_INTERSECTION and AXLE_IN_INTERSECTION."""
    out = np.empty(states.shape[:2], np.int64)
    _areas(states, feet, *area.polygons, area.kind, area.on_route, out)
    return out
