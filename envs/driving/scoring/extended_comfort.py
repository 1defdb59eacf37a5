"""EC: whether the plans of two moments half a second apart drive alike where they overlap (navsim's ego_is_two_frame_extended_comfort)."""

from __future__ import annotations

import numpy as np

from envs.driving.errors import FormatError
from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.measure import Measure, everywhere
from envs.driving.scoring.smoothing import smooth, smoothing_filter, unwrap_headings

MAX_GAP_S = 0.55
STEP_S = 0.1
LIMITS = (0.7, 0.5, 0.1, 0.1)
"""Root mean square differences of the absolute acceleration (m/s2), the jerk (m/s3), the yaw rate (rad/s) and the yaw acceleration (rad/s2)."""


@kernel
def _features(states, acc_w, acc_s, jerk_w, jerk_s, rate_w, rate_s, yaw_w, yaw_s, out):
    n = len(states)
    signal = np.empty(n)
    for i in range(n):
        signal[i] = np.hypot(states[i, 5], states[i, 6])
    smooth(signal, acc_w, acc_s, out[0])
    smooth(out[0], jerk_w, jerk_s, out[1])
    for i in range(n):
        signal[i] = states[i, 2]
    unwrap_headings(signal)
    smooth(signal, rate_w, rate_s, out[2])
    smooth(signal, yaw_w, yaw_s, out[3])


@kernel
def _batch(now, before, overlap, limits, score, acc_w, acc_s, jerk_w, jerk_s, rate_w, rate_s, yaw_w, yaw_s):
    n = now.shape[1] - overlap
    one, two = np.empty((4, n)), np.empty((4, n))
    for b in range(len(now)):
        _features(now[b, :n], acc_w, acc_s, jerk_w, jerk_s, rate_w, rate_s, yaw_w, yaw_s, one)
        _features(before[b, overlap:], acc_w, acc_s, jerk_w, jerk_s, rate_w, rate_s, yaw_w, yaw_s, two)
        score[b] = 1.0
        for f in range(4):
            total = 0.0
            for i in range(n):
                total += (one[f, i] - two[f, i]) ** 2
            if np.sqrt(total / n) > limits[f]:
                score[b] = 0.0


def overlap_steps(gap_s: float) -> int:
    """By how many steps the plan of a moment ``gap_s`` s earlier is ahead. Raises FormatError outside (0, 0.55) s."""
    if not 0.0 < gap_s < MAX_GAP_S:
        raise FormatError(
            f"two frames for extended comfort are {gap_s:.3f} s apart", f"pair frames less than {MAX_GAP_S} s apart, the later one first"
        )
    return round(gap_s / STEP_S)


def measure_extended_comfort(now: Floats, before: Floats, overlap: int = 5) -> Measure:
    """EC of simulated states (B, T, 11) and those of the earlier moment (B, T, 11), which are ``overlap`` steps ahead."""
    n = now.shape[1] - overlap
    filters = (smoothing_filter(n, 8, 2), smoothing_filter(n, 15, 2, 1), smoothing_filter(n, 5, 2, 1), smoothing_filter(n, 5, 2, 2))
    score = np.empty(len(now))
    _batch(now, before, overlap, np.array(LIMITS), score, *[part for one in filters for part in one])
    return everywhere(score)
