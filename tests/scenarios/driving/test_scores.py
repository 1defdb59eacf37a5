"""How good the human is, and how bad the negatives are, by NAVSIM's own score."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.scene import Trajectory
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.score import score
from scenarios.driving import GeneratedScene


@pytest.fixture(scope="module")
def rows(series: list[GeneratedScene]) -> list[dict[str, float]]:
    found: list[dict[str, float]] = []
    for scene in series:
        labels = scene.labels
        kinds = ["human"] + (["negative", "recovery"] if labels["negative"] else [])
        poses = [labels["human"] if kind == "human" else labels[kind]["poses"] for kind in kinds]
        trajectories = [Trajectory(np.array(one)) for one in poses]
        raw = score(build_scene_cache(scene.scene, scene.map), trajectories, human_filter=False)
        v1 = score(build_scene_cache(scene.scene, scene.map, version="v1"), trajectories, version="v1")
        row = {f"v1.{kind}": float(v1.score[place]) for place, kind in enumerate(kinds)}
        found.append({**row, **{name: float(raw[f"raw_{name}"][0]) for name in ("nc", "dac", "tlc", "ttc", "hc", "ep")}})
    return found


def mean(rows: list[dict[str, float]], name: str) -> float:
    return float(np.mean([row[name] for row in rows if name in row]))


def test_the_human_drives_well(rows: list[dict[str, float]]) -> None:
    assert mean(rows, "v1.human") > 0.9
    for name in ("nc", "dac", "tlc"):
        assert min(row[name] for row in rows) == 1.0, name
    assert mean(rows, "hc") > 0.95
    assert mean(rows, "ttc") > 0.95


def test_negatives_are_worse_and_recoveries_are_better(rows: list[dict[str, float]]) -> None:
    paired = [row for row in rows if "v1.negative" in row]
    assert len(paired) >= 0.8 * len(rows)
    assert mean(paired, "v1.negative") < mean(paired, "v1.human") - 0.25
    assert mean(paired, "v1.recovery") > mean(paired, "v1.negative") + 0.2
    assert sum(row["v1.recovery"] >= row["v1.negative"] for row in paired) >= 0.85 * len(paired)
