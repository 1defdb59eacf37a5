"""Uniformly random actions: the floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.agent import Agent
from harness.environment import Observation


class RandomAgent(Agent):
    """Draws each action uniformly from the (bounded) action space."""

    def act(self, observation: Observation) -> NDArray[np.floating]:
        space = self.task.action_space
        low, high = np.maximum(space.low, -1.0), np.minimum(space.high, 1.0)  # an unbounded side counts as 1
        return self.rng.uniform(low, high).astype(np.float32)
