"""How fast the human may and wants to go along its path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.driving.roads.curves import Array
from scenarios.driving.roads.network import Route
from scenarios.driving.roads.path import Path

FRONT = 4.049
REAR = 1.127
HALF_WIDTH = 1.1485
"""Distances of the ego's front, rear and sides from its rear axle's middle [m]."""

EASE = 1.1
"""Braking [m/s2] with which bends and lower limits are approached."""


@dataclass(frozen=True)
class Temper:
    """How the human drives: share of the limit, headway [s], comfortable acceleration and braking [m/s2], acceleration across [m/s2]."""

    pace: float = 0.97
    headway: float = 1.4
    accelerate: float = 1.4
    brake: float = 1.8
    across: float = 2.0


def speed_limits(route: Route, path: Path, temper: Temper, give_way_line: float | None = None) -> Array:
    """Speed (n,) [m/s] allowed at each sample of `path`, which runs along `route`, such that braking at EASE is enough for what comes. Roads are entered slowly where the ego gives way at `give_way_line`."""
    starts = np.array(route.starts)
    speeds = np.array([strip.speed for strip in route.strips]) * temper.pace
    allowed = speeds[np.clip(np.searchsorted(starts, path.s, side="right") - 1, 0, len(starts) - 1)]
    allowed = np.minimum(allowed, np.sqrt(temper.across / np.maximum(np.abs(path.curvature), 1e-4)))
    if give_way_line is not None:
        near = (path.s > give_way_line - FRONT - 4.0) & (path.s < give_way_line)
        allowed = np.where(near, np.minimum(allowed, 4.5), allowed)
    # The speed that still allows to brake for the sample behind: v(i)^2 <= v(j)^2 + 2 a (s_j - s_i) for all j >= i.
    slope = 2.0 * EASE * path.s
    return np.sqrt(np.minimum.accumulate((allowed**2 + slope)[::-1])[::-1] - slope)
