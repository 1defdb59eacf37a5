"""NAVSIM's two stages, a *pseudo* closed loop: how much each second-stage scene counts (navsim's scene_aggregator.py)."""

from __future__ import annotations

import numpy as np

from envs.driving.scene import Floats

SIGMA2_M2 = 0.1


def stage_weights(end: Floats, starts: Floats) -> Floats:
    """(n,) weights of second-stage scenes that start at ``starts`` (n, 2) for a first-stage plan whose last pose is at ``end`` (2,), global: a Gaussian of their distance, normalised; all alike where none is near."""
    raw = np.exp(-((starts - end) ** 2).sum(axis=-1) / (2.0 * SIGMA2_M2))
    total = raw.sum()
    return np.full(len(raw), 1.0 / len(raw)) if np.isclose(total, 0.0) or np.isnan(total) else raw / total


def group_score(first: float, second: Floats, weights: Floats) -> float:
    """The score of one group: that of the first stage times the weighted mean (n,) of the second; the first alone where there is no second."""
    return float(first * (weights @ second)) if len(second) else float(first)
