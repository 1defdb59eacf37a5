"""A request as the tabletop suite sends it, made up from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.policy import Request

SENTENCE = "put the red cube on the blue plate"


def made_request(seed: int = 0, size: int = 128, instruction: str = SENTENCE, **changes: Any) -> Request:
    """``size``: pixels of the square image, which is noise; ``changes``: fields to be otherwise."""
    rng = np.random.default_rng(seed)
    state = {
        "eef_pos": np.array([0.5, 0.05, 0.2], np.float32),
        "eef_quat": np.array([0.0, 1.0, 0.0, 0.0], np.float32),
        "gripper": np.array([1.0], np.float32),
        "eef_target": np.array([0.5, 0.05, 0.2, 0.0, 1.0, 0.0, 0.0], np.float32),
    }
    images = {"third_person": rng.integers(0, 256, (size, size, 3), np.uint8)}
    return Request(**{"images": images, "state": state, "instruction": instruction, "seed": seed, "step": 0, **changes})
