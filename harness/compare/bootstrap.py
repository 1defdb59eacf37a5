"""The mean difference of paired values, with an interval that resamples whole clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import bootstrap

from harness.compare.comparison import Interval

FEW = 8
"""with fewer clusters the interval is too narrow to be trusted, and says so"""
_BATCH_CELLS = 4_000_000


def paired_bootstrap(
    differences: Sequence[float], clusters: Sequence[str], confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[Interval, int]:
    """(mean of ``differences`` with its percentile interval, number of clusters). ``clusters``: the cluster of each difference.

    ``scipy.stats.bootstrap(paired=True)`` over the clusters' sums and counts, which are drawn together. With one cluster, or none but single episodes, episodes are resampled. One value, or all the same: an interval of no width
    would be a lie, so there is none.
    """
    values = np.asarray(differences, float)
    _, codes = np.unique(np.asarray(clusters, str), return_inverse=True) if len(clusters) else ([], np.zeros(0, int))
    groups = int(codes.max()) + 1 if len(codes) else 0
    if not len(values):
        return Interval(None), 0
    if groups < 2:
        codes, groups = np.arange(len(values)), len(values)
    sums, counts = np.bincount(codes, values), np.bincount(codes).astype(float)
    mean = float(values.mean())
    if groups < 2 or np.ptp(values) == 0.0:
        return Interval(mean), groups

    def ratio(total: Any, count: Any, axis: int = -1) -> Any:
        return total.sum(axis) / count.sum(axis)

    found = bootstrap(
        (sums, counts),
        ratio,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, min(resamples, _BATCH_CELLS // groups)),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(mean, float(found.low), float(found.high)), groups
