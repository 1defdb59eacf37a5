"""Does nothing: what the world does by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.agent import Agent
from harness.environment import Observation


class HoldAgent(Agent):
    """The zero action, clipped into the action space: no motion. A gripper that reads its action as an absolute command is set half open."""

    def act(self, observation: Observation) -> NDArray[np.floating]:
        space = self.task.action_space
        return np.clip(np.zeros(space.shape, np.float32), space.low, space.high)
