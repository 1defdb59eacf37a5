"""The smallest environment that keeps the contract: a point that must reach a goal in the plane. An example to start from, and what the harness's own tests and benchmarks run.

Gymnasium id: ``harness.conformance.toy_env:gauntlet/Toy-v0``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from harness.lazy import LazyDict

SIZE = 64  # pixels
NEAR = 0.05


class ToyEnv(gym.Env[dict[str, Any], NDArray[np.float32]]):
    """Action: Box(2), a move of at most 0.1 a step in the unit square. One camera, ``top``."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 10, "control_hz": 10.0}

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.action_space = spaces.Box(-0.1, 0.1, (2,), np.float32)
        self.observation_space = spaces.Dict(
            {
                "image": spaces.Dict({"top": spaces.Box(0, 255, (SIZE, SIZE, 3), np.uint8)}),
                "state": spaces.Dict({"position": spaces.Box(0, 1, (2,), np.float32), "goal": spaces.Box(0, 1, (2,), np.float32)}),
                "instruction": spaces.Text(max_length=64, charset=frozenset(map(chr, range(32, 127)))),
            }
        )
        self.frames_rendered = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        super().reset(seed=seed)
        self.position = self.np_random.uniform(0.0, 0.3, 2).astype(np.float32)
        self.goal = self.np_random.uniform(0.6, 1.0, 2).astype(np.float32)
        self.steps = 0
        self.near = False
        return self._observation(), self._info()

    def step(self, action: NDArray[np.float32]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        self.steps += 1
        self.image.expire(f"at step {self.steps - 1}")  # the world moves on: old frames can no longer be made
        self.position = np.clip(self.position + action, 0.0, 1.0).astype(np.float32)
        info = self._info()
        return self._observation(), -self._distance(), False, False, info

    def render(self) -> Any:
        self.frames_rendered += 1
        frame = np.full((SIZE, SIZE, 3), 230, np.uint8)
        for spot, colour in ((self.goal, (40, 160, 80)), (self.position, (200, 60, 50))):
            x, y = (spot * (SIZE - 1)).astype(int)
            frame[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = colour
        return frame

    def _distance(self) -> float:
        return float(np.linalg.norm(self.goal - self.position))

    def _observation(self) -> dict[str, Any]:
        self.image = LazyDict({"top": self.render})
        return {
            "image": self.image,
            "state": {"position": self.position.copy(), "goal": self.goal.copy()},
            "instruction": "go to the green square",
        }

    def _info(self) -> dict[str, Any]:
        near, before = self._distance() < NEAR, self.near
        self.near = near
        return {
            "success": near,
            "progress": max(0.0, 1.0 - self._distance()),
            "subgoals": {"near": near},
            "events": [{"name": "arrived", "step": self.steps}] if near and not before else [],
            "privileged": LazyDict({"expert": self._expert}),
        }

    def _expert(self) -> dict[str, Any]:
        return {"action": np.clip(self.goal - self.position, -0.1, 0.1), "subtask": "go to the goal", "points": {}}


gym.register("gauntlet/Toy-v0", entry_point="harness.conformance.toy_env:ToyEnv")
