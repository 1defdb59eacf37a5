"""Corridors: stretches of a path, as wide as a vehicle, as unions of convex quadrilaterals; whether they meet, and how far apart they are. Compiled.

They stand for shapely's buffers with flat caps: a rectangle a segment, and at each bend the triangle between the outer corners (GEOS rounds it only where a turn exceeds about 3 degrees; that and its simplification of the input, at 1 %
of the half width, are differences of millimetres).
"""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel


@kernel
def quad_bounds(quad, out):
    """``out`` (4,): xmin, ymin, xmax, ymax of ``quad`` (4, 2)."""
    out[0] = min(min(quad[0, 0], quad[1, 0]), min(quad[2, 0], quad[3, 0]))
    out[1] = min(min(quad[0, 1], quad[1, 1]), min(quad[2, 1], quad[3, 1]))
    out[2] = max(max(quad[0, 0], quad[1, 0]), max(quad[2, 0], quad[3, 0]))
    out[3] = max(max(quad[0, 1], quad[1, 1]), max(quad[2, 1], quad[3, 1]))


@kernel
def bounds_gap2(a, b):
    """Squared distance between two boxes of bounds (4,)."""
    dx = max(max(a[0] - b[2], b[0] - a[2]), 0.0)
    dy = max(max(a[1] - b[3], b[1] - a[3]), 0.0)
    return dx * dx + dy * dy


@kernel
def _separated(a, b):
    """Whether an edge of quadrilateral ``a`` (4, 2) separates it from ``b`` (4, 2)."""
    for i in range(4):
        j = (i + 1) % 4
        nx, ny = a[i, 1] - a[j, 1], a[j, 0] - a[i, 0]
        if nx == 0.0 and ny == 0.0:
            continue
        low_a, high_a, low_b, high_b = np.inf, -np.inf, np.inf, -np.inf
        for k in range(4):
            p = (a[k, 0] - a[i, 0]) * nx + (a[k, 1] - a[i, 1]) * ny
            low_a, high_a = min(low_a, p), max(high_a, p)
            p = (b[k, 0] - a[i, 0]) * nx + (b[k, 1] - a[i, 1]) * ny
            low_b, high_b = min(low_b, p), max(high_b, p)
        if low_b > high_a or low_a > high_b:
            return True
    return False


@kernel
def quads_touch(a, b):
    """Whether two convex quadrilaterals (4, 2), possibly with corners that coincide, share a point."""
    return not _separated(a, b) and not _separated(b, a)


@kernel
def _corner_gap2(a, b, best):
    for k in range(4):
        px, py = a[k, 0], a[k, 1]
        for i in range(4):
            j = (i + 1) % 4
            dx, dy = b[j, 0] - b[i, 0], b[j, 1] - b[i, 1]
            length2 = dx * dx + dy * dy
            f = 0.0
            if length2 > 0.0:
                f = min(max(((px - b[i, 0]) * dx + (py - b[i, 1]) * dy) / length2, 0.0), 1.0)
            ex, ey = px - (b[i, 0] + f * dx), py - (b[i, 1] + f * dy)
            best = min(best, ex * ex + ey * ey)
    return best


@kernel
def quads_gap2(a, b, best):
    """Squared distance between two convex quadrilaterals, or ``best`` if that is less."""
    if quads_touch(a, b):
        return 0.0
    return _corner_gap2(b, a, _corner_gap2(a, b, best))


@kernel
def path_at(xy, progress, first, last, s):
    """(x, y, segment) at arc length ``s`` of the polyline ``first`` to ``last`` of ``xy`` (n, 2)."""
    i = first
    while i < last - 2 and progress[i + 1] <= s:
        i += 1
    f = (s - progress[i]) / (progress[i + 1] - progress[i])
    return xy[i, 0] + f * (xy[i + 1, 0] - xy[i, 0]), xy[i, 1] + f * (xy[i + 1, 1] - xy[i, 1]), i


@kernel
def _rectangle(ax, ay, bx, by, half_width, out):
    length = np.hypot(bx - ax, by - ay)
    if length == 0.0:
        return False
    nx, ny = -(by - ay) / length * half_width, (bx - ax) / length * half_width
    out[0, 0], out[0, 1] = ax + nx, ay + ny
    out[1, 0], out[1, 1] = ax - nx, ay - ny
    out[2, 0], out[2, 1] = bx - nx, by - ny
    out[3, 0], out[3, 1] = bx + nx, by + ny
    return True


@kernel
def corridor(xy, progress, first, last, start, end, half_width, quads, bounds):
    """Number of quadrilaterals written to ``quads`` (m, 4, 2), with ``bounds`` (m, 4): the corridor from arc length ``start`` to ``end`` of a polyline."""
    count = 0
    ax, ay, segment = path_at(xy, progress, first, last, start)
    while True:
        ends = segment >= last - 2 or progress[segment + 1] >= end
        if ends:
            f = (end - progress[segment]) / (progress[segment + 1] - progress[segment])
            bx, by = xy[segment, 0] + f * (xy[segment + 1, 0] - xy[segment, 0]), xy[segment, 1] + f * (xy[segment + 1, 1] - xy[segment, 1])
        else:
            bx, by = xy[segment + 1, 0], xy[segment + 1, 1]
        if _rectangle(ax, ay, bx, by, half_width, quads[count]):
            if count > 0:
                # the outer corners of the rectangle before and of this one, and the vertex between them
                before, now = quads[count - 1].copy(), quads[count].copy()
                turn = (before[2, 0] - before[1, 0]) * (now[2, 1] - now[1, 1]) - (before[2, 1] - before[1, 1]) * (now[2, 0] - now[1, 0])
                outer_before, outer_now = (2, 1) if turn > 0.0 else (3, 0)
                quads[count, 0, 0], quads[count, 0, 1] = ax, ay
                quads[count, 1] = before[outer_before]
                quads[count, 2] = now[outer_now]
                quads[count, 3] = now[outer_now]
                quad_bounds(quads[count], bounds[count])
                count += 1
                quads[count] = now
            quad_bounds(quads[count], bounds[count])
            count += 1
        if ends:
            return count
        ax, ay, segment = bx, by, segment + 1


@kernel
def whole_bounds(bounds, count, out):
    """Bounds (4,) of the first ``count`` of ``bounds`` (m, 4)."""
    out[:] = bounds[0]
    for i in range(1, count):
        out[0], out[1] = min(out[0], bounds[i, 0]), min(out[1], bounds[i, 1])
        out[2], out[3] = max(out[2], bounds[i, 2]), max(out[3], bounds[i, 3])


@kernel
def shapes_touch(a, a_bounds, a_count, a_whole, b, b_bounds, b_count, b_whole):
    """Whether two unions of quadrilaterals share a point."""
    if bounds_gap2(a_whole, b_whole) > 0.0:
        return False
    for i in range(a_count):
        if bounds_gap2(a_bounds[i], b_whole) > 0.0:
            continue
        for j in range(b_count):
            if bounds_gap2(a_bounds[i], b_bounds[j]) == 0.0 and quads_touch(a[i], b[j]):
                return True
    return False


@kernel
def shapes_gap(a, a_bounds, a_count, b, b_bounds, b_count, b_whole):
    """Distance in m between two unions of quadrilaterals, 0 where they meet."""
    best = np.inf
    for i in range(a_count - 1, -1, -1):
        if bounds_gap2(a_bounds[i], b_whole) >= best:
            continue
        for j in range(b_count):
            if bounds_gap2(a_bounds[i], b_bounds[j]) < best:
                best = quads_gap2(a[i], b[j], best)
                if best == 0.0:
                    return 0.0
    return np.sqrt(best)
