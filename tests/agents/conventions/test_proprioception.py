"""Bridge's and Fractal's end-effector state for poses whose angles can be told by looking."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from agents.conventions.proprioception import bridge_state, fractal_state, widowx_openness

HALF = math.sqrt(0.5)
POINT = [0.3, -0.1, 0.2]


def test_bridge_angles_are_zero_for_the_gripper_that_points_down():
    # default_rot turns x into -z, so it is the rotation by +90 degrees about y: (w, x, y, z) = (r, 0, r, 0).
    assert_allclose(bridge_state(POINT, [HALF, 0, HALF, 0], 0.7), [*POINT, 0, 0, 0, 0, 0.7], atol=1e-12)


def test_bridge_yaw_of_a_gripper_turned_about_the_vertical():
    # 0.4 rad about the base's z applied to the gripper that points down: R = Rz(0.4) Ry(90), so R @ default.T = Rz(0.4).
    c, s = math.cos(0.2) * HALF, math.sin(0.2) * HALF
    quaternion = [c, -s, c, s]  # (cos, 0, 0, sin) times (r, 0, r, 0), multiplied out
    assert_allclose(bridge_state(POINT, quaternion, 1.0), [*POINT, 0, 0, 0.4, 0, 1.0], atol=1e-12)


def test_bridge_of_no_rotation():
    # R = 1: default.T = Ry(-90).
    state = bridge_state(POINT, [1, 0, 0, 0], 0.0)
    assert state[4] == pytest.approx(-math.pi / 2)


def test_bridge_without_pad():
    assert_allclose(bridge_state(POINT, [HALF, 0, HALF, 0], 0.7, pad=False), [*POINT, 0, 0, 0, 0.7], atol=1e-12)


def test_fractal_reorders_the_quaternion_and_speaks_of_closedness():
    state = fractal_state(POINT, [0.1, 0.2, 0.3, 0.927], 0.25)
    assert_allclose(state, [*POINT, 0.2, 0.3, 0.927, 0.1, 0.75])


def test_widowx_openness():
    assert widowx_openness([0.037, 0.037]) == pytest.approx(1.0)
    assert widowx_openness([0.015, 0.015]) == pytest.approx(0.0)
    assert widowx_openness([0.026, 0.026]) == pytest.approx(0.5)
    assert widowx_openness([0.015, 0.026]) == pytest.approx(0.25)  # the mean of both fingers
    assert widowx_openness([0.038, 0.038]) == 1.0
    assert np.isclose(widowx_openness([0.014, 0.014]), -1 / 22)
