"""The session: chunks, history, truth, and what it refuses before the first step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from agents.vla.agent import TruthfulVlaAgent, VlaAgent
from agents.vla.policy import VlaPolicy
from harness.agent import Task
from harness.errors import AgentError

TASK = Task("put the red cube on the blue plate", spaces.Box(-1, 1, (7,)), 5.0, 80)


def observation(request_of, seed: int = 0, **more: Any) -> Any:
    request = request_of(seed)
    return {"image": dict(request.images), "state": dict(request.state), "instruction": TASK.instruction, **more}


def test_four_of_eight_actions_are_executed(weights: Path, request_of):
    agent = VlaAgent(VlaPolicy(str(weights)))
    agent.reset(TASK, 1)
    thoughts = [agent.act(observation(request_of)).thought for _ in range(6)]
    assert [thought is not None for thought in thoughts] == [True, False, False, False, True, False]


def test_the_last_action_is_told(weights: Path, request_of):
    agent = VlaAgent(VlaPolicy(str(weights)), execute=1)
    agent.reset(TASK, 1)
    assert "action" not in agent.request(observation(request_of), 0).history
    action = agent.act(observation(request_of)).action
    np.testing.assert_array_equal(agent.request(observation(request_of), 1).history["action"], action)


def test_an_episode_forgets_the_last_one(weights: Path, request_of):
    agent = VlaAgent(VlaPolicy(str(weights)))

    def episode() -> np.ndarray:
        agent.reset(TASK, 5)
        return np.stack([agent.act(observation(request_of, step)).action for step in range(6)])

    np.testing.assert_array_equal(episode(), episode())


def test_another_action_space_is_refused_at_reset(weights: Path):
    agent = VlaAgent(VlaPolicy(str(weights)))
    with pytest.raises(AgentError, match=r"\(8, 3\)"):
        agent.reset(Task("drive", spaces.Box(-1, 1, (8, 3)), 2.0, 10), 0)


def test_a_missing_camera_is_named_at_the_first_step(weights: Path, request_of):
    agent = VlaAgent(VlaPolicy(str(weights)))
    agent.reset(TASK, 0)
    with pytest.raises(AgentError, match="third_person"):
        agent.act(observation(request_of, image={"wrist": np.zeros((64, 64, 3), np.uint8)}))


def objects() -> dict[str, Any]:
    return {
        name: {"role": role, "pose": np.array([x, 0.1, 0.02, 1, 0, 0, 0])}
        for name, role, x in (("red cube", "source", -0.1), ("blue plate", "target", 0.0), ("red can", "distractor", 0.05))
    }


def test_wrong_points_at_a_distractor_all_along(weights: Path, request_of):
    agent = TruthfulVlaAgent(VlaPolicy(str(weights), prompt={"mode": "wrong"}))
    agent.reset(TASK, 0)
    truth = {"objects": objects(), "cameras": {"third_person": {}}}
    for step in range(3):
        told = agent.request(observation(request_of, privileged=truth), step).history["truth"]
        np.testing.assert_allclose(told["wrong"]["source"], [0.665, 0.1, 0.02])
        np.testing.assert_allclose(told["source"], [0.515, 0.1, 0.02])
        np.testing.assert_allclose(told["target"], [0.615, 0.1, 0.02])


def test_an_environment_without_truth_is_told_so(weights: Path, request_of):
    agent = TruthfulVlaAgent(VlaPolicy(str(weights), prompt={"mode": "oracle"}))
    agent.reset(TASK, 0)
    with pytest.raises(AgentError, match="no true places"):
        agent.act(observation(request_of, privileged={}))
