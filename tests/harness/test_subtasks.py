"""What a subtask's words mean."""

from __future__ import annotations

import pytest

from harness.subtasks import same_plan, verb


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("reach the red cube", "reach"),
        ("move to the red cube", "reach"),
        ("move above the carrot", "reach"),
        ("go down to the carrot", "reach"),
        ("move the carrot near the plate", "carry"),
        ("lower the carrot onto the plate", "place"),
        ("let go of the carrot", "release"),
        ("wait", ""),
    ],
)
def test_the_verb_is_the_longest_that_comes_first(text: str, kind: str):
    assert verb(text) == kind


def test_the_same_plan_is_the_same_phase_of_the_same_thing():
    assert same_plan("reach the carrot", "move above the carrot")
    assert same_plan("lift the carrot", "carry the carrot to the plate")
    assert not same_plan("reach the plate", "move above the carrot")
    assert not same_plan("carry the carrot", "move above the carrot")
