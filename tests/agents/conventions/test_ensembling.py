"""Weighted means worked out by hand."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from agents.conventions.ensembling import AdaptiveEnsembler, ExponentialEnsembler
from harness.errors import AgentError

# One dimension; row i of the chunk predicted at step t is 10 t + i, so that each prediction tells where it comes from.
CHUNKS = [np.array([[10.0 * t + i] for i in range(3)]) for t in range(5)]


def test_plain_mean_takes_the_diagonal_of_overlapping_chunks():
    ensemble = ExponentialEnsembler(horizon=3)
    results = [ensemble(chunk).item() for chunk in CHUNKS]
    # Step 0: {0}. Step 1: {0+1, 10}. Step 2: {0+2, 10+1, 20}. Step 3: chunk 0 has left: {12, 21, 30}.
    assert results == pytest.approx([0, (1 + 10) / 2, (2 + 11 + 20) / 3, (12 + 21 + 30) / 3, (22 + 31 + 40) / 3])


@pytest.mark.parametrize("temperature", [0.5, -0.8])
def test_exponential_weights_begin_at_the_oldest(temperature):
    ensemble = ExponentialEnsembler(horizon=3, temperature=temperature)
    last = [ensemble(chunk).item() for chunk in CHUNKS[:3]][-1]
    w = [1.0, math.exp(-temperature), math.exp(-2 * temperature)]  # oldest, middle, newest
    assert last == pytest.approx((w[0] * 2 + w[1] * 11 + w[2] * 20) / sum(w))
    assert (last < 11) == (temperature > 0)  # a positive temperature trusts the oldest


def test_horizon_of_two():
    ensemble = ExponentialEnsembler(horizon=2)
    assert [ensemble(chunk).item() for chunk in CHUNKS[:3]] == pytest.approx([0, 5.5, (11 + 20) / 2])


def test_chunks_too_short_to_reach_now_are_left_out():
    ensemble = ExponentialEnsembler(horizon=7)
    short = [chunk[:1] for chunk in CHUNKS]
    assert [ensemble(chunk).item() for chunk in short] == [0, 10, 20, 30, 40]


def test_reset_forgets():
    for ensemble in (ExponentialEnsembler(3), AdaptiveEnsembler(3)):
        ensemble(CHUNKS[0])
        ensemble.reset()
        assert ensemble(CHUNKS[4]).item() == 40


def test_adaptive_weights_are_exponentials_of_the_cosine():
    ensemble = AdaptiveEnsembler(horizon=3, alpha=2.0)
    nothing = [0.0, 0.0]
    ensemble(np.array([nothing, nothing, [-3.0, 0.0]]))  # what it says of step 2 points the other way: cosine -1
    ensemble(np.array([nothing, [0.0, 2.0], nothing]))  # at a right angle: cosine 0
    now = ensemble(np.array([[4.0, 0.0], nothing, nothing]))  # cosine 1
    w = np.exp([-2.0, 0.0, 2.0])
    assert_allclose(now, np.array([-3 * w[0] + 4 * w[2], 2 * w[1]]) / w.sum(), rtol=1e-6)


def test_adaptive_ignores_length_and_survives_zeros():
    ensemble = AdaptiveEnsembler(horizon=2, alpha=0.1)
    ensemble(np.array([[0.0, 0.0], [5.0, 5.0]]))
    assert_allclose(ensemble(np.array([[1.0, 1.0], [0.0, 0.0]])), [3.0, 3.0], rtol=1e-6)  # the same direction, weights equal
    ensemble.reset()
    ensemble(np.zeros((2, 2)))
    assert_allclose(ensemble(np.zeros((2, 2))), [0.0, 0.0])


def test_adaptive_with_alpha_0_is_the_plain_mean():
    rng = np.random.default_rng(0)
    adaptive, plain = AdaptiveEnsembler(4, alpha=0.0), ExponentialEnsembler(4)
    for _ in range(6):
        chunk = rng.normal(size=(4, 7))
        assert_allclose(adaptive(chunk), plain(chunk))


def test_bad_input():
    with pytest.raises(AgentError, match="horizon=0"):
        ExponentialEnsembler(0)
    with pytest.raises(AgentError, match=r"shape \(7,\)"):
        ExponentialEnsembler(2)(np.zeros(7))
