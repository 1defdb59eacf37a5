"""Roll, pitch, yaw against rotation matrices multiplied by hand, and against transforms3d where it is installed."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from agents.conventions.rotation import matrix_to_rpy, rotation_vector_to_rpy, rpy_to_rotation_vector


def about(axis: int, angle: float) -> np.ndarray:
    """Rotation about x, y or z, from its definition."""
    c, s = math.cos(angle), math.sin(angle)
    matrix = np.eye(3)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    matrix[i, i], matrix[j, j], matrix[i, j], matrix[j, i] = c, c, -s, s
    return matrix


def static_xyz(rpy: np.ndarray) -> np.ndarray:
    return about(2, rpy[2]) @ about(1, rpy[1]) @ about(0, rpy[0])


def of_vector(vector: np.ndarray) -> np.ndarray:
    """Rodrigues' formula."""
    angle = float(np.linalg.norm(vector))
    if angle == 0.0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross


NEAR_PI = [[math.pi, 0, 0], [math.pi - 1e-9, 1e-9, 0], [0, 0, -math.pi + 1e-7], [math.pi, 0.3, -0.2], [3.0, 1.0, -3.0]]
SMALL = [[0, 0, 0], [1e-12, 0, 0], [1e-6, -2e-6, 3e-6]]
ANY = np.random.default_rng(0).uniform(-math.pi, math.pi, (40, 3)).tolist()


@pytest.mark.parametrize("rpy", [*NEAR_PI, *SMALL, *ANY])
def test_is_the_same_rotation_and_takes_the_short_way(rpy):
    vector = rpy_to_rotation_vector(rpy)
    assert_allclose(of_vector(vector), static_xyz(np.array(rpy)), atol=2e-8)
    assert np.linalg.norm(vector) <= math.pi + 1e-12


def test_known_values():
    assert_allclose(rpy_to_rotation_vector([0, 0, 0]), [0, 0, 0], atol=0)
    assert_allclose(rpy_to_rotation_vector([0.3, 0, 0]), [0.3, 0, 0], atol=1e-15)
    assert_allclose(rpy_to_rotation_vector([0, 0, -2]), [0, 0, -2], atol=1e-15)
    # A quarter turn about x, then about the static z: 120 degrees about (1, 1, 1), as x -> y -> z -> x.
    assert_allclose(rpy_to_rotation_vector([math.pi / 2, 0, math.pi / 2]), np.full(3, 2 * math.pi / 3 / math.sqrt(3)), atol=1e-12)
    # Small angles add up: the difference is of second order.
    assert_allclose(rpy_to_rotation_vector([1e-6, -2e-6, 3e-6]), [1e-6, -2e-6, 3e-6], atol=1e-11)


def test_axes_are_static_not_moving():
    static, moving = [0.4, 0.5, 0.6], about(0, 0.4) @ about(1, 0.5) @ about(2, 0.6)
    assert np.abs(of_vector(rpy_to_rotation_vector(static)) - moving).max() > 0.1


@pytest.mark.parametrize("rpy", [*SMALL, [0.1, -0.2, 0.3], [3.1, 1.5, -3.1], [-2.0, -1.57, 2.0]])
def test_and_back(rpy):
    assert_allclose(rotation_vector_to_rpy(rpy_to_rotation_vector(rpy)), rpy, atol=1e-9)


def test_back_at_pitch_of_a_quarter_turn_keeps_the_rotation_and_gives_no_yaw():
    for pitch in (math.pi / 2, -math.pi / 2):
        rpy = matrix_to_rpy(static_xyz(np.array([0.7, pitch, 0.2])))
        assert_allclose(static_xyz(rpy), static_xyz(np.array([0.7, pitch, 0.2])), atol=1e-7)
        assert rpy[2] == 0.0


def test_many_at_once():
    rpy = np.array(ANY).reshape(5, 8, 3)
    assert_allclose(rpy_to_rotation_vector(rpy)[2, 3], rpy_to_rotation_vector(rpy[2, 3]))
    assert rotation_vector_to_rpy(rpy).shape == (5, 8, 3)


def test_agrees_with_transforms3d():
    euler = pytest.importorskip("transforms3d.euler")
    for rpy in [[0.1, -0.2, 0.3], [1.2, 0.5, -0.4], [-0.9, 1.4, 0.8]]:
        axis, angle = euler.euler2axangle(*rpy)
        assert angle < math.pi
        assert_allclose(rpy_to_rotation_vector(rpy), np.asarray(axis) * angle, atol=1e-12)
    axis, angle = euler.euler2axangle(3.0, 1.0, -3.0)  # transforms3d goes the long way round: the same rotation
    assert angle > math.pi
    assert_allclose(of_vector(rpy_to_rotation_vector([3.0, 1.0, -3.0])), of_vector(np.asarray(axis) * angle), atol=1e-9)
