"""What the environment tells of its state for diagnosis, and the masks for grounding."""

from __future__ import annotations

import json
from typing import Any, cast

import numpy as np
import pytest

from harness.decision import Decision
from harness.environment import TRUTH
from harness.rollout import rollout
from harness.scenario import Scenario
from harness.thought import Point, Thought

pytestmark = pytest.mark.sim


def played(env: Any, seed: int, steps: int = 80) -> list[dict[str, Any]]:
    _, info = env.reset(seed=seed)
    truths = [info["truth"]]
    for _ in range(steps):
        _, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
        truths.append(info["truth"])
    assert info["success"]
    return truths


def test_the_truth_follows_a_successful_episode(tabletop_env: Any) -> None:
    truths = played(tabletop_env("PutOn"), 1000000)
    assert json.loads(json.dumps(truths)) == truths
    assert {key for truth in truths for key in truth} <= TRUTH.keys()
    env = tabletop_env("PutOn")
    source = env.task.layout.source
    held = [k for k, truth in enumerate(truths) if truth["grasped"] == source]
    assert held
    assert source in truths[held[0]]["touching"]
    assert truths[held[0]]["distances"]["gripper_source"] < 0.05 < truths[0]["distances"]["gripper_source"]
    assert max(truth["lifted"] for truth in truths) > 0.02
    assert truths[-1]["grasped"] == ""
    assert truths[-1]["distances"]["source_target"] < 0.05
    subtasks = {truth["expert_subtask"] for truth in truths if "expert_subtask" in truth}
    assert any(source in subtask for subtask in subtasks)


def test_drawers(tabletop_env: Any) -> None:
    truths = played(tabletop_env("OpenTopDrawer"), 1000000)
    assert truths[0]["opening"] < 0.01
    assert truths[-1]["opening"] >= 0.15
    assert "gripper_top drawer" in truths[0]["distances"]


def test_telling_the_truth_does_not_change_the_states(tabletop_env: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from envs.manipulation.tabletop.environment import TabletopTask

    def states() -> list[bytes]:
        env = tabletop_env("PutOn")
        observation, info = env.reset(seed=5)
        found = []
        for _ in range(25):
            observation, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
            found.append(b"".join(observation["state"][name].tobytes() for name in sorted(observation["state"])))
        return found

    told = states()
    monkeypatch.delattr(TabletopTask, "state_truth")
    assert states() == told


class Pointing:
    """Points at the middle of the picture's object named in the instruction, as its mask has it; looks at the image first, as a policy does."""

    def __init__(self, env: Any) -> None:
        self.env = env

    def reset(self, task: Any, seed: int) -> None:
        pass

    def act(self, observation: Any) -> Decision:
        before = observation["image"]["third_person"].copy()
        masks = self.env.task.masks("third_person")
        name = self.env.task.layout.source
        label = next(number for number, known in masks["names"].items() if known == name)
        y, x = (np.argwhere(masks["labels"] == label)).mean(0)
        assert np.array_equal(before, self.env.task.render_camera("third_person"))  # the picture is not spoilt by the masks
        return Decision(np.zeros((1, 7), np.float32), Thought(subtask="reach", points=(Point(float(x), float(y), name, "third_person"),)))


def test_grounding_on_real_frames(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    trace = rollout(Scenario(env="tabletop/PutOn-v0", seed=1000000, max_steps=2), env, cast(Any, Pointing(env)), grounding=True)
    source = env.task.layout.source
    for found in trace.grounding:
        assert found is not None
        (point,) = found["points"]
        assert (point["object"], point["expected"]) == (source, source)
        x0, y0, x1, y1 = point["box"]
        assert x1 > x0
        assert y1 > y0
        assert source in found["expert_subtask"]
