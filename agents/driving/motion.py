"""Baselines that look at nothing but their own speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.agent import Agent
from harness.environment import Observation
from harness.errors import AgentError

POSES, PERIOD_S = 8, 0.5


class ConstantVelocityAgent(Agent):
    """Straight on at the present speed (NAVSIM's constant-velocity baseline)."""

    def act(self, observation: Observation) -> NDArray[np.float32]:
        state = observation["state"]
        if "velocity" not in state:
            raise AgentError("constant velocity: this environment's state has no 'velocity'", "run it in a driving environment")
        speed = float(np.hypot(*np.asarray(state["velocity"], float)[:2]))
        return straight_on(speed)


class StationaryAgent(Agent):
    """Plans to be where it is: brakes to a stand and stays."""

    def act(self, observation: Observation) -> NDArray[np.float32]:
        return straight_on(0.0)


def straight_on(speed: float) -> NDArray[np.float32]:
    """(8, 3): poses at 2 Hz of driving straight on at ``speed`` m/s."""
    plan = np.zeros((POSES, 3), np.float32)
    plan[:, 0] = speed * PERIOD_S * np.arange(1, POSES + 1)
    return plan
