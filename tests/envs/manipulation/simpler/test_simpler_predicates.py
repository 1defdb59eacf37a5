"""SIMPLER's judgement, at its thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from envs.manipulation.simpler import predicates
from envs.manipulation.simpler.placement import yaw_quaternion

PLATE = np.array([0.11, 0.11, 0.006])
CARROT = np.array([0.115, 0.032, 0.038])
REACH = float(np.hypot(0.055, 0.055)) + 0.003  # m: half diagonal of the plate, and the margin


@pytest.mark.parametrize(("away", "expected"), [(REACH - 1e-6, True), (REACH + 1e-6, False)])
def test_on_target_in_the_plane(away: float, expected: bool) -> None:
    assert predicates.is_on_target(np.array([away, 0, 0.02]), np.zeros(3), CARROT, PLATE, 0.02) is expected


@pytest.mark.parametrize(("height", "expected"), [(0.0, False), (1e-6, True), (0.042 - 1e-6, True), (0.042 + 1e-6, False)])
def test_on_target_in_height(height: float, expected: bool) -> None:
    assert predicates.is_on_target(np.array([0, 0, height]), np.zeros(3), CARROT, PLATE, 0.02) is expected


def test_extents_are_signed_as_in_the_original() -> None:
    np.testing.assert_allclose(predicates.settled_extents(CARROT, np.array(yaw_quaternion(np.pi))), [-0.115, -0.032, 0.038], atol=1e-12)


@pytest.mark.parametrize(("angle", "expected"), [(0, True), (59.9, True), (60.1, False), (180, False)])
def test_a_finger_holds_within_60_degrees(angle: float, expected: bool) -> None:
    impulse = 1e-3 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0])
    assert predicates.finger_presses(impulse, np.array([1.0, 0, 0])) is expected


def test_a_touch_needs_an_impulse() -> None:
    assert not predicates.finger_presses(np.array([0.9e-6, 0, 0]), np.array([1.0, 0, 0]))
    assert not predicates.presses(np.array([1e-6, 0, 0]))
    assert predicates.presses(np.array([1.1e-6, 0, 0]))


@pytest.mark.parametrize(
    ("source", "target", "correct", "wrong"),
    [(0.05, 0.01, True, False), (0.03, 0.0, False, False), (0.05, 0.06, False, True), (0.0, 0.02, False, False)],
)
def test_what_moved(source: float, target: float, correct: bool, wrong: bool) -> None:
    assert predicates.moved_correct(source, [target]) is correct
    assert predicates.moved_wrong(source, [target]) is wrong
