"""The environment's scripted expert as an agent, and the same made worse by a dial.

The expert itself lives in the environment (it knows the task); this room only asks it: ``observation["privileged"]["expert"]``. So the same two agents run in every domain.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.agent import Agent, Task
from harness.decision import Decision
from harness.environment import CameraGeometry, ExpertPlan, Observation
from harness.errors import AgentError
from harness.thought import Point, Thought


class ExpertAgent(Agent):
    """Does what the environment's expert would do. Its thought: the subtask in words, and the points it attends to in every camera that sees them."""

    privileged: ClassVar[bool] = True

    def act(self, observation: Observation) -> Decision:
        plan: ExpertPlan | None = observation.get("privileged", {}).get("expert")
        if plan is None:
            raise AgentError("this environment has no scripted expert", "run another agent, or give info['privileged']['expert']")
        cameras = observation.get("privileged", {}).get("cameras") or {}
        points = tuple(
            point
            for label, position in plan["points"].items()
            for camera, geometry in cameras.items()
            if (point := project(np.asarray(position), geometry, label, camera)) is not None
        )
        return Decision(np.asarray(plan["action"])[None], Thought(subtask=plan["subtask"], points=points))


class NoisyExpertAgent(ExpertAgent):
    """The expert with faults.

    Args:
        noise: standard deviation of Gaussian noise on each action component, as a share of the largest value that the expert has
            used for it in this episode (so the dial means the same in metres, radians and driving). 0 is the expert.
        freeze: chance per step to repeat the last action.
        blunder: chance per step to begin a blunder: ``blunder_steps`` steps of one random action of the expert's size.
    """

    def __init__(self, noise: float = 0.3, freeze: float = 0.0, blunder: float = 0.02, blunder_steps: int = 4) -> None:
        for name, value, top in (("noise", noise, np.inf), ("freeze", freeze, 1.0), ("blunder", blunder, 1.0)):
            if not 0 <= value <= top:
                raise AgentError(f"noisy-expert: {name}={value}", f"give a number from 0 to {top:g}")
        self.noise, self.freeze, self.blunder, self.blunder_steps = noise, freeze, blunder, blunder_steps

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self._last: NDArray[Any] | None = None
        self._blunder: NDArray[Any] | None = None
        self._blunder_left = 0
        self._size = np.zeros(task.action_space.shape)

    def act(self, observation: Observation) -> Decision:
        decision = super().act(observation)
        space = self.task.action_space
        self._size = np.maximum(self._size, np.abs(decision.action))
        # All draws happen at every step, so that changing one dial does not change the others' randomness.
        jitter = self.rng.normal(size=space.shape) * self.noise * self._size
        random_action = self.rng.uniform(-1.0, 1.0, space.shape) * self._size
        freezes, blunders = self.rng.random(2) < (self.freeze, self.blunder)
        if self._blunder_left == 0 and blunders:
            self._blunder, self._blunder_left = random_action, self.blunder_steps
        if self._blunder_left > 0 and self._blunder is not None:
            action, self._blunder_left = self._blunder, self._blunder_left - 1
        elif freezes and self._last is not None:
            action = self._last
        else:
            action = decision.action + jitter
        self._last = np.clip(action, space.low, space.high).astype(np.float32)
        return Decision(self._last[None], decision.thought)


def project(position: NDArray[np.floating], camera: CameraGeometry, label: str, name: str) -> Point | None:
    """The pixel at which ``camera`` sees the world ``position`` (3,) in metres; None behind it or outside the image."""
    x, y, z = (camera["extrinsic"] @ np.append(position, 1.0))[:3]
    if z <= 1e-6:
        return None
    u, v, _ = camera["intrinsic"] @ np.array([x / z, y / z, 1.0])
    width, height = camera["size"]
    return Point(float(u), float(v), label, name) if 0 <= u < width and 0 <= v < height else None
