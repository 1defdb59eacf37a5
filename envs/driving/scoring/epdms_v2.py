"""EPDMS v2.2: how the sub-scores become one number (navsim's pdm_scorer.py and run_pdm_score_one_stage.py)."""

from __future__ import annotations

import numpy as np

from envs.driving.scene import Floats
from envs.driving.scoring.progress import relative_progress_among
from envs.driving.scoring.raw_scores import RawScores

MULTIPLICATIVE = ("nc", "dac", "ddc", "tlc")
WEIGHTS = {"ep": 5.0, "ttc": 5.0, "lk": 2.0, "hc": 2.0}
EC_WEIGHT = 2.0


def weighted_mean(values: dict[str, Floats], ec: Floats | None = None) -> Floats:
    """(B,) weighted mean of EP, TTC, LK, HC and, where it is not NaN, EC."""
    total = sum(WEIGHTS[name] * values[name] for name in WEIGHTS)
    weight = sum(WEIGHTS.values())
    if ec is None:
        return np.asarray(total) / weight
    known = ~np.isnan(ec)
    return (total + np.where(known, EC_WEIGHT * np.where(known, ec, 0.0), 0.0)) / (weight + np.where(known, EC_WEIGHT, 0.0))


def proposal_scores(raw: RawScores) -> tuple[Floats, Floats]:
    """(scores (B,), EP (B,)) of proposals that are judged together, as PDM-Closed judges its own."""
    product = raw.product(MULTIPLICATIVE)
    ep = relative_progress_among(raw.progress_m, product).value
    return product * weighted_mean({"ep": ep, **{name: raw[name] for name in ("ttc", "lk", "hc")}}), ep
