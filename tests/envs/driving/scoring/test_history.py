"""The past before history comfort, and the filters on it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import savgol_filter

from envs.driving.scoring.history import past_states
from envs.driving.scoring.smoothing import smooth, smoothing_filter, unwrap_headings
from tests.envs.driving.made_road import made_road, made_scene

ROAD = made_road()


@pytest.mark.parametrize(("late_us", "samples"), [(0, 14), (1, 15), (40, 15), (33_333, 15), (-20, 14), (-40_000, 13)])
def test_samples_follow_the_time_stamps(late_us, samples):
    """1.5 s of history are 14 samples, up to -0.2 s; a microsecond more is one sample more."""
    assert len(past_states(made_scene(ROAD, late_us=late_us))) == samples


def test_the_last_sample_lies_two_tenths_before_now():
    states = past_states(made_scene(ROAD))
    np.testing.assert_allclose(states[:, 0], 50.0 - 8.0 * np.arange(1.5, 0.15, -0.1), atol=1e-6)
    assert (states[:, 7:] == 0.0).all(), "steering and yaw rate are not logged"


@pytest.mark.parametrize("samples", [36, 41, 55, 56])
@pytest.mark.parametrize(
    ("window", "order", "derivative"), [(8, 2, 0), (15, 2, 1), (5, 2, 1), (5, 3, 2), (5, 2, 2), (41, 2, 0), (41, 2, 1)]
)
def test_filters_are_scipys_rounded(samples, window, order, derivative):
    rng = np.random.default_rng(samples)
    signal, out = rng.normal(size=samples), np.empty(samples)
    smooth(signal, *smoothing_filter(samples, window, order, derivative), out)
    step = np.diff(np.arange(samples) * 0.1).mean()
    wanted = np.asarray(savgol_filter(signal, min(window, samples), order, deriv=derivative, delta=step))
    np.testing.assert_allclose(out, wanted, atol=6e-9)
    assert (out * 1e8 == np.rint(out * 1e8)).mean() > 0.5


def test_headings_are_unwrapped_by_whole_turns():
    headings = np.array([3.1, -3.1, 3.0, -3.0])
    unwrap_headings(headings)
    np.testing.assert_allclose(headings, np.unwrap([3.1, -3.1, 3.0, -3.0]))
