"""Distances to, and progress along, the route's centreline (GEOS's line_locate_point and distance, compiled)."""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel


@kernel
def segment_distance(line, i, x, y):
    """(squared distance, fraction of the segment in [0, 1]) from the point to segment ``i`` of ``line`` (n, 2)."""
    ax, ay = line[i, 0], line[i, 1]
    dx, dy = line[i + 1, 0] - ax, line[i + 1, 1] - ay
    length2 = dx * dx + dy * dy
    fraction = 0.0
    if length2 > 0.0:
        fraction = min(max(((x - ax) * dx + (y - ay) * dy) / length2, 0.0), 1.0)
    ex, ey = x - (ax + fraction * dx), y - (ay + fraction * dy)
    return ex * ex + ey * ey, fraction


@kernel
def locate(line, x, y):
    """(distance along ``line`` (n, 2) to the point nearest to (x, y), the first of equals; its squared distance; its segment)."""
    best, at, along, segment = np.inf, 0.0, 0.0, 0
    for i in range(len(line) - 1):
        length = np.hypot(line[i + 1, 0] - line[i, 0], line[i + 1, 1] - line[i, 1])
        distance, fraction = segment_distance(line, i, x, y)
        if distance < best:
            best, at, segment = distance, along + fraction * length, i
        along += length
    return at, best, segment


@kernel
def within(line, x, y, limit, hint):
    """(whether the point is at most ``limit`` from ``line``, a segment to start from next time). Looks around ``hint`` first: neighbouring samples are near neighbouring segments."""
    limit2, n = limit * limit, len(line) - 1
    for i in range(max(hint - 2, 0), min(hint + 5, n)):
        if segment_distance(line, i, x, y)[0] <= limit2:
            return True, i
    for i in range(n):
        if segment_distance(line, i, x, y)[0] <= limit2:
            return True, i
    return False, hint
