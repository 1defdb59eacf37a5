"""Bursts of wrong actions that drive a demonstration off its path, so that the expert shows how to come back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

KINDS = ("shift", "turn", "gripper", "wander")


class Disturbance:
    """Between bursts the expert's action passes; in a burst it is replaced or pushed.

    Args:
        rate: chance per step that a burst begins.
        shift: largest displacement (m) that a burst adds up to. turn: largest rotation (rad).
    """

    def __init__(self, rng: np.random.Generator, rate: float = 0.05, shift: float = 0.09, turn: float = 0.5) -> None:
        self._rng, self._rate, self._shift, self._turn = rng, rate, shift, turn
        self._left = 0
        self._push = np.zeros(7, np.float32)
        self._kind = ""

    def __call__(self, action: NDArray[np.float32], first: bool) -> tuple[NDArray[np.float32], bool]:
        """(action to execute, whether it is a disturbed one). ``first``: an episode's first step begins with a burst half of the time, so that the starting pose varies."""
        rng = self._rng
        if self._left == 0 and rng.random() < (0.5 if first else self._rate):
            self._begin(first)
        if self._left == 0:
            return action, False
        self._left -= 1
        disturbed = np.array(action, np.float32)
        if self._kind == "gripper":
            disturbed[6] = -disturbed[6]
        elif self._kind == "wander":
            disturbed = self._push.copy()
            disturbed[6] = action[6]
        else:
            disturbed[:6] += self._push[:6]
        return disturbed, True

    def _begin(self, first: bool) -> None:
        rng = self._rng
        self._kind = "wander" if first else KINDS[int(rng.choice(4, p=(0.5, 0.15, 0.15, 0.2)))]
        self._left = int(rng.integers(1, 5))
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction) + 1e-9
        self._push[:] = 0
        # Cubing favours small pushes: the fine corrections decide whether a grasp succeeds.
        self._push[:3] = direction * self._shift * (rng.random() ** 2) / self._left
        if self._kind in ("turn", "wander"):
            axis = np.array([0.2, 0.2, 1.0]) * rng.normal(size=3)
            self._push[3:6] = axis * self._turn * rng.random() / self._left
        if first:
            self._push[:3] *= 1.7
