"""The compiled predicates against shapely, touching and boundaries included."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.driving.scoring.areas import polygon_set
from envs.driving.scoring.footprint import box_corners
from envs.driving.scoring.overlap import box_touches_polygon, boxes_touch, cosine_ahead, inside, is_ahead, is_behind, segment_touches_box

numbers = st.floats(-6, 6, allow_nan=False)
boxes = st.tuples(numbers, numbers, st.floats(-3.2, 3.2), st.floats(0.2, 3), st.floats(0.2, 3))
HOLED = [
    np.array([[0, 0], [10, 0], [10, 6], [5, 3], [0, 6], [0, 0]], float),
    np.array([[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]], float),
]


def corners(box: tuple[float, float, float, float, float]) -> np.ndarray:
    out = np.empty((4, 2))
    box_corners(*box, out)
    return out


def clear(a: shapely.Polygon, b: shapely.Polygon) -> bool:
    """Not within rounding of touching."""
    return abs(a.distance(b)) > 1e-9 or shapely.intersection(a, b).area > 1e-9 or a.distance(b) > 1e-9


@settings(deadline=None, max_examples=300)
@given(boxes, boxes)
def test_boxes_touch_as_shapely_says(a, b):
    one, two = corners(a), corners(b)
    p, q = shapely.Polygon(one), shapely.Polygon(two)
    if clear(p, q):
        assert boxes_touch(one, two) == p.intersects(q)


@settings(deadline=None, max_examples=200)
@given(st.tuples(numbers, numbers, numbers, numbers), boxes)
def test_segments_touch_boxes_as_shapely_says(ends, b):
    segment, box = np.array(ends).reshape(2, 2), corners(b)
    p, q = shapely.LineString(segment), shapely.Polygon(box)
    if p.distance(q) > 1e-9 or shapely.intersection(p, q).length > 1e-9:
        assert segment_touches_box(segment, box) == p.intersects(q)


@settings(deadline=None, max_examples=300)
@given(boxes)
def test_boxes_touch_a_polygon_with_a_hole_as_shapely_says(b):
    edges, _, _ = polygon_set([HOLED])
    shape, box = shapely.Polygon(HOLED[0], HOLED[1:]), corners(b)
    other = shapely.Polygon(box)
    if clear(shape, other):
        assert box_touches_polygon(box, edges, 0, len(edges)) == shape.intersects(other)


@settings(deadline=None, max_examples=300)
@given(st.integers(-2, 24), st.integers(-2, 14))
def test_inside_is_strict_on_every_vertex_edge_and_hole(i, j):
    edges, _, _ = polygon_set([HOLED])
    shape = shapely.Polygon(HOLED[0], HOLED[1:])
    x, y = i / 2, j / 2  # the grid meets vertices, edges, the hole's too
    assert inside(edges, 0, len(edges), x, y) == shape.contains(shapely.Point(x, y))


def test_touching_counts_as_meeting():
    left, right = corners((0.0, 0.0, 0.0, 1.0, 1.0)), corners((2.0, 0.0, 0.0, 1.0, 1.0))
    assert boxes_touch(left, right)
    assert not boxes_touch(left, right + np.array([1e-9, 0.0]))


@pytest.mark.parametrize(
    ("degrees", "ahead", "behind"),
    [(0, True, False), (29.9, True, False), (30.1, False, False), (149.9, False, False), (150.1, False, True)],
)
def test_ahead_and_behind_are_30_and_150_degrees(degrees, ahead, behind):
    x, y = 10 * np.cos(np.deg2rad(degrees)), 10 * np.sin(np.deg2rad(degrees))
    assert is_ahead(0.0, 0.0, 0.0, x, y) == ahead
    assert is_behind(0.0, 0.0, 0.0, x, y) == behind


def test_cosines_are_rounded_as_numpy_rounds_them():
    """Of things exactly ahead, some have a cosine beyond 1: for nuPlan they are not ahead."""
    rng = np.random.default_rng(0)
    beyond = 0
    for _ in range(400):
        x, y, heading, distance = *rng.uniform(3e5, 4e5, 2), rng.uniform(-np.pi, np.pi), rng.uniform(3, 40)
        px, py = x + distance * np.cos(heading), y + distance * np.sin(heading)
        to_it = np.array([px - x, py - y])
        wanted = np.dot(np.array([np.cos(heading), np.sin(heading)]), to_it / np.linalg.norm(to_it))
        assert cosine_ahead(x, y, heading, px, py) == pytest.approx(wanted, abs=2.5e-16)
        assert is_ahead(x, y, heading, px, py) == (cosine_ahead(x, y, heading, px, py) <= 1.0)
        beyond += wanted > 1.0
    assert beyond > 0


def test_a_thing_at_the_rear_axle_is_neither_ahead_nor_behind():
    assert not is_ahead(1.0, 2.0, 0.3, 1.0, 2.0)
    assert not is_behind(1.0, 2.0, 0.3, 1.0, 2.0)
