from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.layer_scores import layer_scores, obeyed
from harness.metrics import METRICS
from harness.subtasks import same_plan, verb
from harness.thought import Thought


def state(x: float = 0.0, z: float = 0.1, gripper: float = 1.0) -> dict[str, Any]:
    return {"eef_pos": np.array([x, 0.0, z], np.float32), "gripper": np.array([gripper], np.float32)}


@pytest.mark.parametrize(
    ("subtask", "before", "after", "verdict"),
    [
        ("grasp the red can", state(), state(gripper=0.4), True),
        ("grasp the red can", state(), state(), False),
        ("let go of the red can", state(gripper=0.4), state(), True),
        ("let go of the red can", state(gripper=0.4), state(gripper=0.4), False),
        ("lift the red can", state(), state(z=0.15), True),
        ("lift the red can", state(), state(z=0.05), False),
        ("reach the red can", state(), state(x=0.03), True),
        ("reach the red can", state(), state(x=0.03, gripper=0.3), False),
        ("move over the plate", state(gripper=0.4), state(x=0.03, gripper=0.4), True),
        ("move over the plate", state(gripper=0.4), state(x=0.03), False),
        ("pull the drawer open", state(gripper=0.1), state(gripper=0.1), False),
        ("ponder", state(), state(), None),
        ("lift the red can", {}, state(), None),
    ],
)
def test_obeyed(subtask: str, before: dict[str, Any], after: dict[str, Any], verdict: bool | None) -> None:
    assert obeyed(subtask, before, after) is verdict


def test_each_layer_is_scored_over_what_could_be_judged() -> None:
    hit = {"object": "can", "expected": "can", "box": [0, 0, 4, 4]}
    miss = {**hit, "object": "plate"}
    unseen = {"object": "", "expected": "cube", "box": None}
    thoughts = [Thought(subtask="reach the can"), None, Thought(subtask="grasp the can"), Thought(subtask="lift the can")]
    grounding = [
        {"points": [hit, miss, unseen], "boxes": [{"iou": 0.5}], "expert_subtask": "reach the can"},
        None,
        {"points": [hit, hit], "boxes": [{"iou": 1.0}, {"iou": None}], "expert_subtask": "lift the can"},
        {"points": [unseen], "boxes": [], "expert_subtask": "done"},
    ]
    states = [state(), state(x=0.05), state(x=0.1), state(x=0.1), state(x=0.1, z=0.2)]
    scores = layer_scores(thoughts, grounding, states)
    assert scores == {
        "grounding_point": 0.75,
        "grounding_point_first": 0.5,
        "grounding_iou": 0.75,
        "grounding_iou_first": 0.5,
        "subtask": 0.5,  # "done" is not judged
        "text_action": pytest.approx(2 / 3),  # the gripper stayed open where it meant to grasp
    }


def test_what_cannot_be_judged_is_none_and_no_metric() -> None:
    scores = layer_scores([Thought(reasoning="hm")], [None], [state(), state()])
    assert set(scores.values()) == {None}
    assert set(scores) <= set(METRICS)


def test_verbs_and_plans() -> None:
    assert [verb(text) for text in ("try again to reach it", "Let go of the can", "", "pull the drawer open")] == [
        "reach",
        "release",
        "",
        "open",
    ]
    assert same_plan("lift the red can", "move the red can onto the plate")
    assert not same_plan("grasp the red can", "grasp the blue cube")
