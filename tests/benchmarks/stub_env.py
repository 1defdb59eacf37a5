"""An environment that costs nothing, so that what is left is the harness: a state, no images, a trivial step."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from harness.agent import Agent
from harness.decision import Decision
from harness.environment import Observation

ENV_ID = "tests.benchmarks.stub_env:gauntlet/Stub-v0"


class StubEnv(gym.Env[dict[str, Any], NDArray[np.float32]]):
    """State and action of a robot arm's size. Everything it returns is made once: not even that is the harness's time."""

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.metadata = {"render_modes": [], "control_hz": 5.0}
        state = {"qpos": np.zeros(9, np.float32), "eef_pos": np.zeros(3, np.float32), "eef_quat": np.zeros(4, np.float32)}
        self.action_space = spaces.Box(-1.0, 1.0, (7,), np.float32)
        self.observation_space = spaces.Dict(
            {
                "image": spaces.Dict({}),
                "state": spaces.Dict({name: spaces.Box(-np.inf, np.inf, value.shape, np.float32) for name, value in state.items()}),
                "instruction": spaces.Text(32),
            }
        )
        self._observation = {"image": {}, "state": state, "instruction": "do nothing"}
        self._info = {"success": False, "progress": 0.0, "subgoals": {"moved": False}, "events": [], "privileged": {}}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        super().reset(seed=seed)
        return self._observation, self._info

    def step(self, action: NDArray[np.float32]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        return self._observation, 0.0, False, False, self._info


class ZeroAgent(Agent):
    """The zero policy."""

    _decision = Decision(np.zeros((1, 7), np.float32))

    def act(self, observation: Observation) -> Decision:
        return self._decision


gym.register("gauntlet/Stub-v0", entry_point=f"{__name__}:StubEnv")
