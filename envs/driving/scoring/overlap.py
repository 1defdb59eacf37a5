"""Exact predicates on boxes, segments and polygons, compiled. As in shapely, touching counts as intersecting, and a point on the boundary is not inside."""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel
from envs.driving.scoring.fused import fma


@kernel
def _apart(a, b, nx, ny, n_a, n_b):
    """Whether the axis (nx, ny) separates the points of ``a`` from those of ``b`` (strictly)."""
    ox, oy = a[0, 0], a[0, 1]
    low_a, high_a = 0.0, 0.0
    for i in range(1, n_a):
        p = (a[i, 0] - ox) * nx + (a[i, 1] - oy) * ny
        low_a, high_a = min(low_a, p), max(high_a, p)
    p = (b[0, 0] - ox) * nx + (b[0, 1] - oy) * ny
    low_b, high_b = p, p
    for i in range(1, n_b):
        p = (b[i, 0] - ox) * nx + (b[i, 1] - oy) * ny
        low_b, high_b = min(low_b, p), max(high_b, p)
    return low_b > high_a or low_a > high_b


@kernel
def boxes_touch(a, b):
    """Whether two rectangles (>= 4, 2) share a point."""
    for i in range(2):
        if _apart(a, b, a[i + 1, 0] - a[i, 0], a[i + 1, 1] - a[i, 1], 4, 4):
            return False
        if _apart(a, b, b[i + 1, 0] - b[i, 0], b[i + 1, 1] - b[i, 1], 4, 4):
            return False
    return True


@kernel
def segment_touches_box(segment, box):
    """Whether a segment (2, 2) and a rectangle (>= 4, 2) share a point."""
    if _apart(segment, box, segment[0, 1] - segment[1, 1], segment[1, 0] - segment[0, 0], 2, 4):
        return False
    for i in range(2):  # noqa: SIM110 (compiled)
        if _apart(segment, box, box[i + 1, 0] - box[i, 0], box[i + 1, 1] - box[i, 1], 2, 4):
            return False
    return True


@kernel
def side(ax, ay, bx, by, px, py):
    """> 0 where the point is left of a -> b, 0 on the line."""
    return (bx - ax) * (py - ay) - (px - ax) * (by - ay)


@kernel
def inside(edges, first, last, px, py):
    """Whether the point lies in the interior of the polygon whose directed ``edges`` (E, 4: ax, ay, bx, by) are those of ``first`` to ``last``, holes included. False on the boundary."""
    crossings = 0
    for e in range(first, last):
        ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if ax < px and bx < px:
            continue
        if bx == px and by == py:
            return False
        if ay == py and by == py:
            if min(ax, bx) <= px <= max(ax, bx):
                return False
        elif (ay > py) != (by > py):
            turn = side(ax, ay, bx, by, px, py)
            if turn == 0.0:
                return False
            if (turn > 0.0) == (by > ay):
                crossings += 1
    return crossings % 2 == 1


@kernel
def box_touches_polygon(box, edges, first, last):
    """Whether a rectangle (>= 4, 2) and a polygon, given as for :func:`inside`, share a point."""
    segment = np.empty((2, 2))
    for e in range(first, last):
        segment[0, 0], segment[0, 1], segment[1, 0], segment[1, 1] = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if segment_touches_box(segment, box):
            return True
    # no edge meets the box: it lies wholly inside or wholly outside
    return inside(edges, first, last, box[0, 0], box[0, 1])


@kernel
def cosine_ahead(x, y, heading, px, py):
    """Cosine of the angle between the heading at (x, y) and the direction to the point, rounded as numpy and its BLAS round nuPlan's formula.

    It may exceed 1, for things exactly ahead; then nuPlan's arccos is NaN, and the thing is neither ahead nor behind.
    """
    dx, dy = px - x, py - y
    norm = np.sqrt(fma(dy, dy, dx * dx))
    if norm == 0.0:
        return np.nan
    return fma(np.sin(heading), dy / norm, np.cos(heading) * (dx / norm))


AHEAD = float(np.deg2rad(30.0))
BEHIND = float(np.deg2rad(150.0))


@kernel
def is_ahead(x, y, heading, px, py):
    """Less than 30 degrees off the heading (nuPlan's is_agent_ahead)."""
    return np.arccos(cosine_ahead(x, y, heading, px, py)) < AHEAD


@kernel
def is_behind(x, y, heading, px, py):
    """More than 150 degrees off the heading (nuPlan's is_agent_behind)."""
    return np.arccos(cosine_ahead(x, y, heading, px, py)) > BEHIND
