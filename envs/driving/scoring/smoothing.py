"""Savitzky-Golay filters as banded matrices: scipy makes them, a kernel applies them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from envs.driving.kernel import kernel
from envs.driving.scene import Floats

STEP_S = 0.1
DECIMALS = 1e8


class Filter(NamedTuple):
    """Row i of the filter reads ``weights[i]`` (n, w) from sample ``starts[i]`` (n,) on."""

    weights: Floats
    starts: NDArray[np.int64]


@lru_cache(maxsize=256)
def smoothing_filter(samples: int, window: int, order: int, derivative: int = 0) -> Filter:
    """scipy's savgol_filter (mode "interp") for signals of ``samples`` samples 0.1 s apart; the window is at most the signal."""
    window = min(window, samples)
    step = float(np.diff(np.arange(samples) * STEP_S).mean())
    matrix = np.asarray(savgol_filter(np.eye(samples), window, order, deriv=derivative, delta=step, axis=0))
    read = matrix != 0.0
    starts = np.minimum(read.argmax(axis=1), samples - window)
    assert (samples - read[:, ::-1].argmax(axis=1) <= starts + window).all(), "a filter reads outside its window"
    weights = np.stack([row[start : start + window] for row, start in zip(matrix, starts)])
    return Filter(np.ascontiguousarray(weights), starts)


@kernel
def smooth(signal, weights, starts, out):
    """The filtered ``signal`` (n,), rounded to 8 decimals as the official scorer does, into ``out`` (n,)."""
    for i in range(len(signal)):
        total = 0.0
        for j in range(weights.shape[1]):
            total += weights[i, j] * signal[starts[i] + j]
        out[i] = np.rint(total * DECIMALS) / DECIMALS


@kernel
def unwrap_headings(headings):
    """Headings (n,) in place, by whole turns (nuPlan's _phase_unwrap)."""
    turns, before = 0.0, headings[0]
    for i in range(1, len(headings)):
        now = headings[i]
        turns += np.rint((now - before) / (2.0 * np.pi))
        before = now
        headings[i] = now - 2.0 * np.pi * turns
