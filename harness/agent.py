"""An agent: one episode's session over a policy, gymnasium-style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from harness.decision import Decision
from harness.environment import Observation


@dataclass(frozen=True)
class Task:
    """What an agent is told at reset. ``scenario_id`` is empty for agents that are not privileged: a perturbation must not be recognisable."""

    instruction: str
    action_space: spaces.Box
    control_hz: float
    max_steps: int
    scenario_id: str = ""


class Agent:
    """Subclass it and write :meth:`act`; that is a policy Gauntlet can run.

    ``privileged = True`` declares that ``act`` wants ``observation["privileged"]``, the simulator's truth. Everything random must come from ``self.rng``, which is seeded per episode.
    An agent is reused for many episodes, one after another; :meth:`reset` must forget the last one.
    """

    privileged: ClassVar[bool] = False

    task: Task
    rng: np.random.Generator

    def reset(self, task: Task, seed: int) -> None:
        """Begin an episode. Overriding it: call ``super().reset(task, seed)`` first."""
        self.task = task
        self.rng = np.random.default_rng(seed)

    def act(self, observation: Observation) -> Decision | NDArray[np.floating]:
        """Decide at one control step: a :class:`Decision`, or just the action, shape ``task.action_space.shape``.

        Looking at ``observation["image"][camera]`` is what renders it: an agent that is working off a chunk should not look.
        """
        raise NotImplementedError(f"{type(self).__name__}.act")

    def fingerprint(self) -> dict[str, str]:
        """What identifies the weights behind it, e.g. {"weights": sha256}; goes into run.json and decides whether a run folder may be resumed."""
        return {}

    def close(self) -> None:
        """Let go of connections and memory."""
