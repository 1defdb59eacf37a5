"""Sequences of gripper values, followed by hand through each rule's definition."""

from typing import Any

import pytest

from agents.conventions.gripper import BinaryGripper, DeadZoneGripper, InvertedBinaryGripper, StickyGripper
from harness.errors import AgentError


def through(rule, values):
    return [rule(value) for value in values]


def test_binary():
    assert through(BinaryGripper(), [1.0, 0.51, 0.5, 0.0]) == [1, 1, -1, -1]


def test_dead_zone():
    assert through(DeadZoneGripper(), [0.009, -0.009, 0.01, -0.5, 1.0, 0.0]) == [0, 0, 0.01, -0.5, 1.0, 0]


def test_inverted_binary():
    assert through(InvertedBinaryGripper(), [1.0, -1.0, 0.2, -0.2, 0.0]) == [-1, 1, -1, 1, -1]


def test_sticky_holds_a_closing_for_15_steps():
    assert through(StickyGripper(), [1.0, 1.0, *[0.0] * 20]) == [0, 0, *[1.0] * 15, *[0.0] * 5]


def test_sticky_holds_the_value_that_set_it_off_and_hears_nothing_meanwhile():
    # Opens by 0.7, then flutters: what follows is heard again after three steps.
    assert through(StickyGripper(repeats=3), [0.2, 0.9, 0.0, 1.0, 1.0, 0.4]) == pytest.approx([0, -0.7, -0.7, -0.7, 0.0, 0.6])


def test_sticky_can_switch_again_in_the_step_after_holding():
    assert through(StickyGripper(repeats=2), [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]) == [0, 1, 1, -1, -1, 0]


def test_remembering_always_misses_a_slow_closing_and_passes_small_changes_on():
    assert through(StickyGripper(), [1.0, 0.6, 0.2, 0.0]) == pytest.approx([0, 0.4, 0.4, 0.2])


def test_remembering_the_switch_sees_a_slow_closing():
    # Against 1.0 of the first step: 0.4 passes on, 0.8 switches and is held for ten steps; from then on it is measured against 0.2.
    rule = StickyGripper(repeats=10, remember="switch")
    assert through(rule, [1.0, 0.6, 0.2, *[0.0] * 9, 0.0, 0.9]) == pytest.approx([0, 0.4, *[0.8] * 10, 0.2, -0.7])


def test_exactly_one_half_does_not_switch():
    assert through(StickyGripper(), [1.0, 0.5, 0.5]) == [0, 0.5, 0]


def test_reset_forgets():
    for remember in ("always", "switch"):
        rule = StickyGripper(5, remember)
        through(rule, [1.0, 0.0])
        rule.reset()
        assert through(rule, [0.0, 0.0]) == [0, 0]


def test_bad_input():
    with pytest.raises(AgentError, match="repeats=0"):
        StickyGripper(0)
    often: Any = "often"
    with pytest.raises(AgentError, match="often"):
        StickyGripper(3, often)
