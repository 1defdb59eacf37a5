"""The guard between an agent and the environment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from harness.decision import ActionGuard, Decision
from harness.errors import AgentError
from harness.thought import Thought

SPACE = spaces.Box(np.array([-1.0, 0.0], np.float32), np.array([1.0, 0.5], np.float32))


def guard(clip: bool = False, space: spaces.Box = SPACE) -> ActionGuard:
    return ActionGuard(space, "clumsy", clip)


def test_a_bare_action_is_a_decision_without_thought():
    decision, action = guard()(np.array([0.5, 0.25]), 1)
    assert decision.thought is None
    assert decision.actions.shape == (1, 2)
    assert action.dtype == np.float32
    assert action.tolist() == [0.5, 0.25]


def test_the_first_row_of_a_chunk_is_executed_and_only_that_is_judged():
    chunk = Decision(np.array([[0.0, 0.1], [9.0, 9.0]]), Thought(subtask="reach"))
    decision, action = guard()(chunk, 1)
    assert decision is chunk
    assert action.tolist() == pytest.approx([0.0, 0.1])


def test_bounds_are_those_of_the_spaces_own_precision():
    """0.1 in double precision lies above 0.1 in single: that is no offence."""
    space = spaces.Box(-0.1, 0.1, (1,), np.float32)
    _, action = guard(space=space)(np.array([0.1 + 1e-12]), 1)
    assert space.contains(action)


def test_the_action_is_a_copy():
    chunk = np.zeros((1, 2), np.float32)
    _, action = guard()(Decision(chunk), 1)
    chunk[:] = 0.5
    assert action.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        (np.zeros(3), r"agent clumsy, step 7: actions of shape \(1, 3\), expected \(T, 2\)"),
        (Decision(np.zeros(2)), r"actions of shape \(2,\)"),
        (Decision(np.zeros((0, 2))), r"actions of shape \(0, 2\)"),
        (Decision(np.zeros((1, 2, 2))), r"actions of shape \(1, 2, 2\)"),
        (np.float32(0.5), r"actions of shape \(1,\)"),
        (None, r"agent clumsy, step 7"),
        (np.array([np.nan, 0.1]), r"agent clumsy, step 7: action \[nan, 0\.1 *\] is not finite"),
        (np.array([0.0, np.inf]), r"step 7: action .*inf.* is not finite"),
        (np.array([0.0, 0.75]), r"agent clumsy, step 7: action\[1\] = 0\.75 is outside \[0, 0\.5\].*actions=clip"),
        (np.array([-1.5, 0.0]), r"action\[0\] = -1\.5 is outside \[-1, 1\]"),
    ],
)
def test_broken_actions_name_agent_step_and_value(actions: Any, words: str):
    with pytest.raises(AgentError, match=words):
        guard()(actions, 7)


def test_clipping_only_if_asked_and_counted():
    clipping = guard(clip=True)
    assert clipping(np.array([2.0, 0.25]), 1)[1].tolist() == [1.0, 0.25]
    assert clipping(np.array([0.0, 0.25]), 2)[1].tolist() == [0.0, 0.25]
    assert clipping(np.array([0.0, -3.0]), 3)[1].tolist() == [0.0, 0.0]
    assert clipping.clipped == 2


def test_clipping_heals_neither_shape_nor_nan():
    for broken in (np.zeros(3), np.array([np.nan, 0.0]), np.array([-np.inf, 0.0])):
        with pytest.raises(AgentError):
            guard(clip=True)(broken, 1)
