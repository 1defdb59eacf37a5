"""Intervals of mean differences, clustered."""

from __future__ import annotations

import numpy as np
import pytest

from harness.compare.bootstrap import paired_bootstrap


def test_clusters_make_it_wider():
    rng = np.random.default_rng(0)
    shifts = rng.normal(0, 1, 20)
    values = [float(shift + rng.normal(0, 0.1)) for shift in shifts for _ in range(10)]
    clusters = [f"task {k}" for k in range(20) for _ in range(10)]
    clustered, number = paired_bootstrap(values, clusters)
    single, episodes = paired_bootstrap(values, [str(k) for k in range(200)])
    assert (number, episodes) == (20, 200)
    assert clustered.value == single.value == pytest.approx(np.mean(values))
    assert (clustered.high or 0) - (clustered.low or 0) > 2 * ((single.high or 0) - (single.low or 0))


def test_it_covers_the_mean_of_clusters():
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(200):
        shifts = rng.normal(0.5, 1, 30)
        values = [float(shift + e) for shift in shifts for e in rng.normal(0, 0.5, 4)]
        interval, _ = paired_bootstrap(values, [str(k) for k in range(30) for _ in range(4)], resamples=500)
        hits += (interval.low or 0) <= 0.5 <= (interval.high or 0)
    assert hits / 200 >= 0.88  # the percentile bootstrap of 30 clusters covers a little less than 95 %


def test_the_same_every_time():
    values, clusters = [0.1, 0.5, -0.2, 0.7], ["a", "a", "b", "c"]
    assert paired_bootstrap(values, clusters) == paired_bootstrap(values, clusters)


@pytest.mark.parametrize(("values", "clusters"), [([], []), ([0.3], ["a"]), ([0.3, 0.3], ["a", "b"])])
def test_no_width_where_nothing_varies(values: list[float], clusters: list[str]):
    interval, _ = paired_bootstrap(values, clusters)
    assert (interval.low, interval.high) == (None, None)


def test_one_cluster_resamples_episodes():
    interval, number = paired_bootstrap([0.1, 0.5, -0.2], ["a", "a", "a"])
    assert number == 3
    assert interval.low is not None
