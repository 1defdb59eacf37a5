"""PDMS v1.1: how the sub-scores become one number (navsim v1.1's pdm_scorer.py)."""

from __future__ import annotations

import numpy as np

from envs.driving.scene import Floats
from envs.driving.scoring.progress import MIN_NORM_M
from envs.driving.scoring.raw_scores import RawScores

MULTIPLICATIVE = ("nc", "dac")
WEIGHTS = {"ep": 5.0, "ttc": 5.0, "comfort": 2.0}


def weighted_mean(values: dict[str, Floats]) -> Floats:
    """(B,) weighted mean of EP, TTC and comfort; DDC has the weight 0."""
    return np.asarray(sum(WEIGHTS[name] * values[name] for name in WEIGHTS)) / sum(WEIGHTS.values())


def proposal_scores(raw: RawScores) -> tuple[Floats, Floats]:
    """(scores (B,), EP (B,)) of proposals that are judged together, as PDM-Closed of v1.1 judges its own."""
    product = raw.product(MULTIPLICATIVE)
    masked = raw.progress_m * product
    best = float(masked.max(initial=0.0))
    ep = masked / best if best > MIN_NORM_M else np.where(product == 0.0, 0.0, 1.0)
    return product * weighted_mean({"ep": ep, "ttc": raw["ttc"], "comfort": raw["comfort"]}), ep
