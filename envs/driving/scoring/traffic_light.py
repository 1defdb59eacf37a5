"""TLC: 0 if the ego ever touches the polygon of a lane connector of its (uncorrected) route while its light is red, even if it starts there; else 1."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.areas import PolygonSet
from envs.driving.scoring.footprint import CENTRE, EGO_RADIUS
from envs.driving.scoring.measure import Measure
from envs.driving.scoring.overlap import box_touches_polygon


class RedLights(NamedTuple):
    """``polygons`` of the route's connectors that are red at some time, and when: ``red`` (T, R)."""

    polygons: PolygonSet
    red: NDArray[np.bool_]


@kernel
def traffic_light(footprint, edges, offsets, bounds, red):
    """TLC of one trajectory."""
    for t in range(len(footprint)):
        x, y = footprint[t, CENTRE, 0], footprint[t, CENTRE, 1]
        for r in range(red.shape[1]):
            if not red[t, r] or bounds[r, 0] > x + EGO_RADIUS or bounds[r, 2] < x - EGO_RADIUS:
                continue
            if bounds[r, 1] > y + EGO_RADIUS or bounds[r, 3] < y - EGO_RADIUS:
                continue
            if box_touches_polygon(footprint[t], edges, offsets[r], offsets[r + 1]):
                return 0.0
    return 1.0


@kernel
def _batch(feet, edges, offsets, bounds, red, score):
    for b in range(len(feet)):
        score[b] = traffic_light(feet[b], edges, offsets, bounds, red)


def measure_traffic_lights(feet: Floats, lights: RedLights) -> Measure:
    """TLC of footprints (B, T, 5, 2); valid where the route has a red light at all."""
    score = np.empty(len(feet))
    _batch(feet, *lights.polygons, lights.red, score)
    return Measure(score, np.full(len(feet), bool(lights.red.any())))
