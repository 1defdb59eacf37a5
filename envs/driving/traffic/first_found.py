"""Which of several equally near shapes nuPlan calls the nearest: decided by the last digits of GEOS's own buffers and by the order of its tree, and therefore left to GEOS, for the few cases where it matters."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.strtree import STRtree

from envs.driving.scene import Floats
from envs.driving.traffic.rails import Rails, box_at

if TYPE_CHECKING:
    from envs.driving.traffic.navsim_idm import Roll

HEADWAY_S = 1.5
TOLERANCE_M = 1e-5


def first_found(rails: Rails, roll: Roll, i: int) -> int:
    """The one of those in the way of agent ``i`` (``roll.met``) that shapely's tree finds nearest; the number of agents stands for the ego."""
    others = [int(j) for j in np.flatnonzero(roll.met)]
    shapes = [occupied(rails, roll, j) for j in others]
    return others[int(STRtree(shapes).nearest(occupied(rails, roll, i)))]


def occupied(rails: Rails, roll: Roll, j: int) -> Any:
    """What agent ``j`` occupies, or the ego: a box before the first step; then the corridor of its next 1.5 s, united with its box."""
    if j == len(rails.agents) or not roll.moved[j]:
        return shapely.Polygon(roll.quads[j, 0])
    return _corridor(rails, j, float(roll.at[j]), float(roll.speed[j]), tuple(roll.pose[j]))


@lru_cache(maxsize=4096)
def _corridor(rails: Rails, j: int, at: float, speed: float, pose: tuple[float, float, float]) -> Any:
    rows = slice(rails.offsets[j], rails.offsets[j + 1])
    line, progress, (length, width) = rails.path[rows, :2], rails.progress[rows], rails.size[j]
    start, end = np.clip([at - length / 2, at + length / 2 + speed * HEADWAY_S], progress[0], progress[-1])
    between = np.flatnonzero((progress > start) & (progress < end))
    if start >= progress[-1]:
        stretch = line[-2:]
    elif end <= progress[0]:
        stretch = line[:2]
    else:
        stretch = np.vstack([_point(line, progress, start), line[between], _point(line, progress, end)])
    corridor = shapely.LineString(stretch).buffer(width / 2, cap_style="flat")
    box = shapely.Polygon(box_at(np.array(pose), rails.size[j]))
    return shapely.unary_union([corridor, box]).simplify(TOLERANCE_M)


def _point(line: Floats, progress: Floats, s: float) -> Floats:
    return np.array([np.interp(s, progress, line[:, 0]), np.interp(s, progress, line[:, 1])])
