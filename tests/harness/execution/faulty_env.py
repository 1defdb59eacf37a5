"""The toy environment with faults to order, for tests of executors. Gymnasium id: ``tests.harness.execution.faulty_env:gauntlet/Faulty-v0``."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from harness.conformance.toy_env import ToyEnv

ENV_ID = "tests.harness.execution.faulty_env:gauntlet/Faulty-v0"


class FaultyEnv(ToyEnv):
    """``fault``: "exit" ends the process, "hang" never returns. It happens at control step ``at``; with a file ``once``, only while that file does not exist."""

    def __init__(self, fault: str = "", at: int = 3, once: str = "", render_mode: str | None = None) -> None:
        super().__init__(render_mode)
        self.fault, self.at, self.once = fault, at, Path(once) if once else None

    def step(self, action: NDArray[np.float32]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        if self.steps + 1 == self.at and not (self.once and self.once.exists()):
            if self.once:
                self.once.touch()
            if self.fault == "exit":
                os._exit(7)
            while self.fault == "hang":
                time.sleep(60)
        return super().step(action)


gym.register("gauntlet/Faulty-v0", entry_point=f"{__name__}:FaultyEnv")
