"""The composed agent on a recorded toy: what the environment is sent, worked out from the conventions."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from numpy.testing import assert_allclose

from agents.conventions.simpler_agent import SimplerPolicyAgent
from harness.agent import Task
from harness.agent_maker import make_agent
from harness.environment import Observation
from harness.errors import AgentError, ConfigError
from harness.policy import Policy, Request, Response

TASK = Task("put it there", spaces.Box(-2, 2, (7,)), 5.0, 60)


class ListPolicy(Policy):
    """Gives chunks from a list and keeps what it was asked."""

    def __init__(self, chunks: Sequence[Any] = ()) -> None:
        self.chunks, self.asked = list(chunks), list[Request]()

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.asked += requests
        return [Response(np.asarray(self.chunks[len(self.asked) - 1], np.float64)) for _ in requests]


def see(instruction: str = "put it there") -> Observation:
    state = {"eef_pos": [0.3, 0.0, 0.1], "eef_quat": [math.sqrt(0.5), 0, math.sqrt(0.5), 0], "gripper": [0.5]}
    return {
        "image": {"camera": np.full((480, 640, 3), 100, np.uint8)},
        "state": {name: np.array(value, np.float32) for name, value in state.items()},
        "instruction": instruction,
    }


def row(x: float = 0.0, yaw: float = 0.0, gripper: float = 1.0) -> list[float]:
    return [x, 0, 0, 0, 0, yaw, gripper]


def begun(policy: Policy, setup: Any = "widowx", **settings: Any) -> SimplerPolicyAgent:
    agent = SimplerPolicyAgent(policy, setup, **settings)
    agent.reset(TASK, 0)
    return agent


@pytest.fixture
def statistics(tmp_path):
    path = tmp_path / "dataset_statistics.json"
    low, high = [-0.1] * 3 + [-0.2] * 3 + [0.0], [0.3] * 3 + [0.2] * 3 + [1.0]
    path.write_text(json.dumps({"bridge": {"action": {"q01": low, "q99": high, "mask": [True] * 6 + [False]}}}))
    return {"kind": "quantiles", "path": str(path), "dataset": "bridge"}


def test_widowx_unnormalises_turns_and_binarises(statistics):
    policy = ListPolicy([[row(1.0, -0.5, 0.8), row(0.0, 0.0, 0.2)]])
    decision = begun(policy, normalisation=statistics).act(see())
    # q01 + (x + 1) / 2 * (q99 - q01): 1 -> 0.3, 0 -> 0.1; yaw -0.5 -> -0.1; the gripper opens at > 0.5.
    assert_allclose(decision.actions, [[0.3, 0.1, 0.1, 0, 0, -0.1, 1], [0.1, 0.1, 0.1, 0, 0, 0, -1]], atol=1e-7)
    assert decision.actions.dtype == np.float32


def test_rotation_is_a_vector_for_the_environment():
    policy = ListPolicy([[[0, 0, 0, math.pi / 2, 0, math.pi / 2, 1]]] * 2)
    third = 2 * math.pi / 3 / math.sqrt(3)
    assert_allclose(begun(policy).act(see()).action[3:6], [third] * 3, atol=1e-6)
    assert_allclose(begun(policy, rotation="vector").act(see()).action[3:6], [math.pi / 2, 0, math.pi / 2], atol=1e-6)


def test_chunks_are_worked_off_and_the_gripper_moves_once_a_step():
    chunk = [row(0.1 * i, gripper=g) for i, g in enumerate([1.0, 0.0, 0.0, 1.0])]
    policy = ListPolicy([chunk, chunk])
    agent = begun(policy, "google", execute=4, gripper={"kind": "sticky", "repeats": 2})
    decisions = [agent.act(see()) for _ in range(5)]
    assert [round(float(d.action[0]), 6) for d in decisions] == [0.0, 0.1, 0.2, 0.3, 0.0]
    assert [float(d.action[6]) for d in decisions] == [0.0, 1.0, 1.0, -1.0, -1.0]
    assert decisions[0].actions[:, 6].tolist() == [0.0, 1.0, 1.0, -1.0]  # the plan foresees it, and does not set it off
    assert len(policy.asked) == 2
    assert decisions[1].thought is None


def test_ensemble_comes_after_unnormalisation_and_before_the_gripper():
    policy = ListPolicy([[row(0.2, gripper=0.4), row(0.4, gripper=0.4)], [row(0.8, gripper=0.9), row(0.0)]])
    agent = begun(policy, ensemble={"kind": "exponential", "horizon": 2, "temperature": 0.0})
    agent.act(see())
    action = agent.act(see()).action
    assert action[0] == pytest.approx((0.4 + 0.8) / 2)
    assert action[6] == 1.0  # (0.4 + 0.9) / 2 > 0.5


def test_gripper_is_binarised_before_the_ensemble():
    chunks = [[row(gripper=0.4), row(gripper=0.4)], [row(gripper=0.9), row()]]
    agent = begun(ListPolicy(chunks), binarise_gripper=0.5, ensemble={"kind": "exponential", "horizon": 2})
    agent.act(see())
    assert agent.act(see()).action[6] == -1.0  # (0 + 1) / 2 is not above 0.5


def test_a_new_instruction_begins_anew():
    chunk = [row(gripper=1.0), row(gripper=0.0), row(gripper=0.0)]
    policy = ListPolicy([chunk, chunk])
    agent = begun(policy, "google", execute=3)
    assert [float(agent.act(see()).action[6]) for _ in range(2)] == [0.0, 1.0]
    assert agent.act(see("now open the drawer")).action[6] == 0.0
    assert [r.instruction for r in policy.asked] == ["put it there", "now open the drawer"]


def test_reset_forgets_the_episode():
    chunks = [[row(0.2, gripper=1.0), row(0.2)], [row(0.8, gripper=0.0), row()]]
    agent = begun(ListPolicy(chunks), "google", ensemble={"kind": "adaptive", "horizon": 7, "alpha": 0.1})
    agent.act(see())
    agent.reset(TASK, 1)
    action = agent.act(see()).action
    assert action[0] == pytest.approx(0.8)
    assert action[6] == 0.0


def test_the_policy_sees_the_resized_image_and_the_proprioception():
    policy = ListPolicy([[row()]])
    begun(policy, resize={"kind": "pad", "size": [160, 128]}, proprioception="bridge").act(see())
    request = policy.asked[0]
    assert request.images["camera"].shape == (128, 160, 3)
    assert_allclose(request.state["proprio"], [0.3, 0, 0.1, 0, 0, 0, 0, 0.5], atol=1e-6)
    assert "eef_pos" in request.state


def test_a_resize_has_its_own_size():
    policy = ListPolicy([[row()]])
    begun(policy, resize={"kind": "lanczos3"}).act(see())
    assert policy.asked[0].images["camera"].shape == (256, 256, 3)


def test_rt1_on_the_google_robot():
    policy = ListPolicy([[[0.1, 0, 0, 0, 0.2, 0, 0.004]], [[0.1, 0, 0, 0, 0.2, 0, -0.6]]])
    agent = begun(policy, "google", rotation="vector", gripper={"kind": "dead_zone"})
    assert_allclose(agent.act(see()).action, [0.1, 0, 0, 0, 0.2, 0, 0], atol=1e-7)
    assert agent.act(see()).action[6] == pytest.approx(-0.6)


def test_is_made_from_plain_configuration():
    config = {
        "_target_": "agents.conventions.simpler_agent.SimplerPolicyAgent",
        "policy": ListPolicy([[row(1.75, gripper=1.0)]]),
        "setup": "widowx",
        "normalisation": {"kind": "rt1x_widowx"},
        "gripper": {"kind": "inverted_binary"},
    }
    agent = make_agent(config)
    agent.reset(TASK, 0)
    decision = agent.act(see())
    assert not isinstance(decision, np.ndarray)
    assert decision.action[0] == pytest.approx(0.05)
    assert decision.action[6] == -1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"setup": "widow"}, "unknown setup 'widow' .*did you mean widowx"),
        ({"gripper": {"kind": "sticki"}}, "did you mean sticky"),
        ({"gripper": {"kind": "sticky", "repeat": 3}}, "repeat"),
        ({"ensemble": {"kind": "adaptive", "horizon": 7}, "execute": 4}, "execute=4"),
        ({"rotation": "euler"}, "unknown rotation"),
        ({"resize": {"kind": "lanczos", "size": [1, 1]}}, "did you mean lanczos3"),
        ({"resize": {"kind": "pad", "size": [320]}}, r"resize to \[320\]"),
        ({"resize": {"kind": "pad", "sise": [320, 256]}}, "did you mean size"),
        ({"normalisation": {"kind": "quantiles"}}, "without 'path'"),
        ({"normalisation": {"kind": "rt1x_widowx", "clipp": True}}, "did you mean clip"),
    ],
)
def test_says_what_is_wrong_with_the_configuration(settings, message):
    with pytest.raises((AgentError, ConfigError), match=message):
        SimplerPolicyAgent(ListPolicy(), **{"setup": "widowx", **settings})


def test_a_chunk_of_another_shape():
    with pytest.raises(AgentError, match=r"chunk of shape \(1, 6\)"):
        begun(ListPolicy([[[0.0] * 6]])).act(see())


@pytest.mark.parametrize(("output", "expected"), [(1.0, True), (0.2, True), (0.0, False), (-1.0, False)])
def test_the_eighth_column_says_that_the_policy_is_done(output: float, expected: bool) -> None:
    decision = begun(ListPolicy([[[*row(), output], [*row(), 1.0]]]), "google").act(see())
    assert decision.terminate is expected
    assert decision.actions.shape == (2, 7)
