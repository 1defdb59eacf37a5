from __future__ import annotations

import numpy as np

from scenarios.driving.roads.curves import join, offset, reverse, sweep, transform
from scenarios.driving.roads.path import Path


def test_sweep_of_constant_curvature_is_a_circle() -> None:
    curve = sweep((0.0, 0.0, 0.0), [(np.pi * 10.0, 0.1, 0.1)])
    np.testing.assert_allclose(curve[-1], [0.0, 20.0, np.pi], atol=2e-3)
    assert np.abs(np.hypot(curve[:, 0], curve[:, 1] - 10.0) - 10.0).max() < 2e-3


def test_join_meets_both_poses_across_the_turn_of_the_angle() -> None:
    for first, last in (((0, 0, 3.0), (-12, -12, -1.7)), ((0, 0, 7.0), (6, 14, 7.0 + 1.0)), ((0, 0, 0), (60, -3.5, 0))):
        curve = join(np.array(first, float), np.array(last, float))
        np.testing.assert_allclose(curve[0], first, atol=1e-9)
        np.testing.assert_allclose(curve[-1, :2], last[:2], atol=1e-9)
        assert abs(np.sin(curve[-1, 2] - last[2])) < 1e-9
        assert np.abs(np.diff(curve[:, 2])).max() < 0.3


def test_path_projects_what_it_places() -> None:
    path = Path.through(sweep((5.0, -3.0, 0.4), [(30.0, 0.0, 0.02), (40.0, 0.02, 0.02), (20.0, 0.02, -0.01)]))
    s, left = np.array([0.0, 12.3, 55.5, 80.2]), np.array([0.5, -1.5, 2.0, 0.0])
    poses = path.poses(s)
    points = np.stack([poses[:, 0] - left * np.sin(poses[:, 2]), poses[:, 1] + left * np.cos(poses[:, 2])], axis=1)
    along, across = path.project(points)
    np.testing.assert_allclose(along, s, atol=0.06)
    np.testing.assert_allclose(across, left, atol=0.01)
    np.testing.assert_allclose(path.at(12.3), poses[1], atol=1e-9)


def test_shift_leaves_and_returns() -> None:
    path = Path.through(sweep((0.0, 0.0, 0.0), [(120.0, 0.0, 0.0)]))
    moved = path.shifted(3.0, 20.0, 30.0, back=(70.0, 25.0))
    y = np.interp([10.0, 55.0, 110.0], moved.samples[:, 0], moved.samples[:, 1])
    np.testing.assert_allclose(y, [0.0, 3.0, 0.0], atol=1e-3)


def test_offset_reverse_transform() -> None:
    curve = sweep((0.0, 0.0, 0.0), [(10.0, 0.0, 0.0)])
    np.testing.assert_allclose(offset(curve, 2.0)[:, 1], 2.0)
    np.testing.assert_allclose(offset(reverse(curve), 2.0)[:, 1], -2.0, atol=1e-12)
    np.testing.assert_allclose(transform(np.array([[1.0, 0.0, 0.1]]), (5.0, 5.0, np.pi / 2)), [[5.0, 6.0, 0.1 + np.pi / 2]])
