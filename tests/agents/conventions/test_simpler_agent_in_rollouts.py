"""The composed agent closed loop: a seven-dimensional toy, and SIMPLER itself where its assets are."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.transform import Rotation

from agents.conventions.simpler_agent import SimplerPolicyAgent
from harness.env_maker import EnvCache
from harness.policy import Policy, Request, Response
from harness.rollout import rollout
from harness.scenario import Scenario

GOAL = np.array([0.3, 0.1, 0.2])
REACH = 0.05  # m: what a normalised 1 means


class HandEnv(gym.Env[dict[str, Any], Any]):
    """A hand without a body: takes SIMPLER's WidowX action and must reach GOAL, turned by 0.5 rad about z and closed."""

    metadata: ClassVar[dict[str, Any]] = {"control_hz": 5.0}
    action_space = spaces.Box(-1.0, 1.0, (7,))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        super().reset(seed=seed)
        self.place, self.turn, self.open = self.np_random.uniform(-0.1, 0.1, 3), Rotation.from_rotvec([0, np.pi / 2, 0]), 1.0
        return self._see(), self._info()

    def step(self, action: Any) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        self.place = self.place + action[:3]
        self.turn = Rotation.from_rotvec(action[3:6]) * self.turn
        self.open = float(action[6] > 0)
        return self._see(), 0.0, False, False, self._info()

    def _see(self) -> dict[str, Any]:
        x, y, z, w = self.turn.as_quat()
        state = {"eef_pos": self.place, "eef_quat": [w, x, y, z], "gripper": [self.open]}
        image = {"camera": np.zeros((8, 8, 3), np.uint8)}
        return {"image": image, "state": {k: np.array(v, np.float32) for k, v in state.items()}, "instruction": "reach"}

    def _info(self) -> dict[str, Any]:
        yaw = (self.turn * Rotation.from_rotvec([0, -np.pi / 2, 0])).as_rotvec()[2]
        near = bool(np.linalg.norm(self.place - GOAL) < 0.01 and abs(yaw - 0.5) < 0.02 and self.open == 0.0)
        return {"success": near, "progress": float(near), "subgoals": {}, "events": [], "privileged": {}}


class HomingPolicy(Policy):
    """Reads Bridge's proprioception, answers in chunks of normalised actions."""

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [Response(self._chunk(request.state["proprio"].astype(float))) for request in requests]

    def _chunk(self, proprio: np.ndarray) -> np.ndarray:
        place, yaw, chunk = proprio[:3], proprio[5], []
        for _ in range(4):
            move, turn = np.clip((GOAL - place) / REACH, -1, 1), np.clip(0.5 - yaw, -0.2, 0.2)
            near = np.linalg.norm(GOAL - place) < 0.05
            chunk.append([*move, 0, 0, turn / 0.25, 0.0 if near else 1.0])
            place, yaw = place + move * REACH, yaw + turn
        return np.array(chunk)


@pytest.mark.parametrize("settings", [{"execute": 3}, {"ensemble": {"kind": "adaptive", "horizon": 4, "alpha": 0.1}}])
def test_a_policy_reaches_its_goal_through_the_conventions(tmp_path, settings):
    path = tmp_path / "statistics.json"
    high = [REACH] * 3 + [0.25] * 3 + [1.0]
    action = {"q01": [-h for h in high], "q99": high, "mask": [True] * 6 + [False]}
    path.write_text(json.dumps({"toy": {"action": action}}))
    normalisation = {"kind": "quantiles", "path": str(path), "dataset": "toy"}
    agent = SimplerPolicyAgent(HomingPolicy(), "widowx", normalisation=normalisation, proprioception="bridge", **settings)
    scenario = Scenario(env="HandEnv", seed=3, max_steps=25)
    first, _, again = (rollout(s, HandEnv(), agent) for s in (scenario, scenario.model_copy(update={"seed": 4}), scenario))
    assert first.success[-1]
    assert not first.success[0]
    assert_array_equal(first.actions, again.actions)


class StraightPolicy(Policy):
    """Forward 1 cm and 0.02 rad to the left, with the gripper closed, for ever; keeps what it saw."""

    def __init__(self) -> None:
        self.proprio: list[np.ndarray] = []

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.proprio += [request.state["proprio"] for request in requests]
        return [Response(np.array([[0.01, 0, 0, 0, 0, 0.02, 0.0]])) for _ in requests]


@pytest.mark.sim
@pytest.mark.skipif("GAUNTLET_SIMPLER_ASSETS" not in os.environ, reason="GAUNTLET_SIMPLER_ASSETS names no folder of SIMPLER's assets")
def test_simpler_moves_as_told_and_bridge_sees_it():
    policy = StraightPolicy()
    agent = SimplerPolicyAgent(policy, "widowx", cameras=[], proprioception="bridge")
    scenario = Scenario(env="simpler/PutCarrotOnPlate-v0", options={"episode_id": 0}, max_steps=8)
    envs = EnvCache(1)
    try:
        rollout(scenario, envs.get(scenario), agent)
    finally:
        envs.close()
    seen = np.array(policy.proprio)
    assert np.abs(seen[0, 3:6]).max() < 0.1  # the gripper begins pointing down: Bridge's zero
    assert_allclose(np.diff(seen[-4:], axis=0)[:, [0, 5]], [[0.01, 0.02]] * 3, atol=5e-4)
    assert (seen[0, 7], seen[-1, 7]) == pytest.approx((1.0, 0.0), abs=0.01)
