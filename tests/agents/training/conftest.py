"""A hand-made demonstration set: a domain without a simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.training.domain import FACTS, MAX_OBJECTS
from agents.training.record import Recording, save_shard
from agents.training.tabletop import TabletopDomain

PROJECTION = np.array([[0.5, 1.1, -0.1, 0.2], [0.2, 0.1, -1.0, 0.8], [-0.5, 0.0, -0.4, 1.2]])
NAMES = ("red cube", "blue plate", "red can")
POINTS = np.array([[0.5, 0.0, 0.02], [0.45, 0.15, 0.01], [0.55, -0.1, 0.04]])


@pytest.fixture(scope="session")
def domain() -> TabletopDomain:
    return TabletopDomain()


def recording(seed: int, steps: int = 10, disturbed: tuple[int, ...] = (3,), success: bool = True) -> Recording:
    """PutOn with the red cube: step k's action moves k mm along x."""
    facts = np.array([0.02, 0.04, 0.0, 0.014, 0.015, 0.11, np.nan, 0.0], np.float32)
    assert len(facts) == len(FACTS)
    columns: dict[str, list] = {}
    for step in range(steps):
        eef = np.array([0.5, 0.0, 0.2, 0, 1, 0, 0, 1, 0.5, 0.0, 0.2, 0, 1, 0, 0], np.float32)
        values = {
            "eef": eef,
            "action": np.array([step / 1000, 0, 0, 0, 0, 0, 1], np.float32),
            "source": POINTS[0].astype(np.float32),
            "target": POINTS[1].astype(np.float32),
            "place": (POINTS[1] + [0, 0, 0.004]).astype(np.float32),
            "facts": facts,
            "angle": np.float32(0.5),
            "subtask": "reach the red cube",
            "disturbed": step in disturbed,
        }
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    things = np.full((MAX_OBJECTS, 13), np.nan, np.float32)
    for row, point in enumerate(POINTS):
        u, v, w = PROJECTION @ np.append(point, 1.0)
        box = [u / w - 0.03, v / w - 0.03, u / w + 0.03, v / w + 0.03]
        things[row] = [u / w, v / w, *box, 0.01, point[2], point[2] * 2, 0.0, np.nan if row == 1 else 0.5, row != 1, w]
    frames: dict[str, list] = {}
    for step in range(0, steps, 3):
        frame = {
            "step": step,
            "image": np.random.default_rng([seed, step]).integers(0, 256, (128, 128, 3), np.uint8),
            "things": things,
            "names": np.array([*NAMES, *[""] * (MAX_OBJECTS - 3)], "U24"),
            "roles": np.array(["red cube", "blue plate"], "U24"),
        }
        for name, value in frame.items():
            frames.setdefault(name, []).append(value)
    return Recording("PutOn", seed, "put the red cube on the blue plate", columns, frames, success)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    save_shard(tmp_path / "0000000", [recording(seed, success=seed != 2) for seed in range(4)], PROJECTION)
    save_shard(tmp_path / "0000004", [recording(seed) for seed in range(4, 24)], PROJECTION)
    return tmp_path
