"""HC of v2 and C of v1: 1 if accelerations, jerks, yaw rate and yaw acceleration stay within bounds, else 0.

v2 puts the logged history in front of the simulated states: samples of 0.1 s up to -0.2 s, so that there is a hole before the first simulated one; the accelerations are those of the vehicle's centre, by nuPlan's formula (whose
sign of the centripetal term is wrong, and which adds to the longitudinal axis only: the lateral acceleration is 0 after the first simulated sample). v1 looks at the rear axle of the simulated states alone, with longer windows.
"""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.footprint import TO_CENTRE
from envs.driving.scoring.measure import Measure, everywhere
from envs.driving.scoring.smoothing import smooth, smoothing_filter, unwrap_headings

MAX_JERK = 8.37
MAX_LATERAL = 4.89
MAX_LONGITUDINAL = 2.40
MIN_LONGITUDINAL = -4.05
MAX_YAW_ACCELERATION = 1.93
MAX_LONGITUDINAL_JERK = 4.13
MAX_YAW_RATE = 0.95


@kernel
def _within(values, low, high):
    for value in values:  # noqa: SIM110 (compiled)
        if not low < value < high:
            return False
    return True


@kernel
def _comfortable(
    history, states, to_centre, acc_w, acc_s, inner_w, inner_s, jerk_w, jerk_s, rate_w, rate_s, yaw_w, yaw_s, signals, filtered, jerk
):
    """Whether one drive is comfortable. ``signals`` (4, n): longitudinal, lateral and absolute acceleration, heading; ``filtered``, ``jerk`` (n,) are scratch."""
    before, n = len(history), signals.shape[1]
    for i in range(n):
        state = history[i] if i < before else states[i - before]
        signals[0, i] = state[5] + to_centre * (state[9] * state[9]) + to_centre * state[10]
        signals[1, i] = state[6]
        signals[2, i] = np.hypot(state[5], state[6])
        signals[3, i] = state[2]
    smooth(signals[0], acc_w, acc_s, filtered)
    if not _within(filtered, MIN_LONGITUDINAL, MAX_LONGITUDINAL):
        return False
    smooth(signals[1], acc_w, acc_s, filtered)
    if not _within(filtered, -MAX_LATERAL, MAX_LATERAL):
        return False
    smooth(signals[2], inner_w, inner_s, filtered)
    smooth(filtered, jerk_w, jerk_s, jerk)
    if not _within(jerk, -MAX_JERK, MAX_JERK):
        return False
    smooth(signals[0], inner_w, inner_s, filtered)
    smooth(filtered, jerk_w, jerk_s, jerk)
    if not _within(jerk, -MAX_LONGITUDINAL_JERK, MAX_LONGITUDINAL_JERK):
        return False
    unwrap_headings(signals[3])
    smooth(signals[3], yaw_w, yaw_s, filtered)
    if not _within(filtered, -MAX_YAW_ACCELERATION, MAX_YAW_ACCELERATION):
        return False
    smooth(signals[3], rate_w, rate_s, filtered)
    return _within(filtered, -MAX_YAW_RATE, MAX_YAW_RATE)


@kernel
def _batch(history, states, to_centre, score, acc_w, acc_s, inner_w, inner_s, jerk_w, jerk_s, rate_w, rate_s, yaw_w, yaw_s):
    n = len(history) + states.shape[1]
    signals, filtered, jerk = np.empty((4, n)), np.empty(n), np.empty(n)
    for b in range(len(states)):
        comfortable = _comfortable(
            history,
            states[b],
            to_centre,
            acc_w,
            acc_s,
            inner_w,
            inner_s,
            jerk_w,
            jerk_s,
            rate_w,
            rate_s,
            yaw_w,
            yaw_s,
            signals,
            filtered,
            jerk,
        )
        score[b] = 1.0 if comfortable else 0.0


def _measure(history: Floats, states: Floats, to_centre: float, acceleration_window: int, jerk_window: int) -> Floats:
    n = len(history) + states.shape[1]
    filters = (
        smoothing_filter(n, acceleration_window, 2),
        smoothing_filter(n, 8, 2),
        smoothing_filter(n, jerk_window, 2, 1),
        smoothing_filter(n, 5, 2, 1),
        smoothing_filter(n, 5, 3, 2),
    )
    score = np.empty(len(states))
    _batch(history, states, to_centre, score, *[part for one in filters for part in one])
    return score


def measure_history_comfort(history: Floats, states: Floats) -> Measure:
    """HC of ``states`` (B, T, 11) after ``history`` (h, 11), at 10 Hz; without history it is 1 and says nothing."""
    if not len(history):
        return everywhere(np.ones(len(states)), valid=False)
    return everywhere(_measure(history, states, TO_CENTRE, 8, 15))


def measure_comfort_v1(states: Floats) -> Measure:
    """C of ``states`` (B, T, 11)."""
    n = states.shape[1]
    return everywhere(_measure(np.zeros((0, states.shape[2])), states, 0.0, n, n))
