"""DDC: how far the ego drove against the traffic within about a second. 1 below 2 m, 0.5 below 6 m, else 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.areas import CENTRE_IN_INTERSECTION, ONCOMING
from envs.driving.scoring.footprint import CENTRE
from envs.driving.scoring.measure import Measure, everywhere

WINDOW_STEPS = 10
COMPLIANT_BELOW_M = 2.0
VIOLATED_FROM_M = 6.0


@kernel
def driving_direction(footprint, flags, spare_intersections):
    """DDC of one trajectory. The window has 11 terms: steps t - 10 to t."""
    steps = len(flags)
    against = np.zeros(steps)
    for t in range(1, steps):
        spared = spare_intersections and flags[t] & CENTRE_IN_INTERSECTION != 0
        if flags[t] & ONCOMING != 0 and not spared:
            against[t] = np.hypot(
                footprint[t, CENTRE, 0] - footprint[t - 1, CENTRE, 0], footprint[t, CENTRE, 1] - footprint[t - 1, CENTRE, 1]
            )
    worst = 0.0
    for t in range(steps):
        total = 0.0
        for s in range(max(0, t - WINDOW_STEPS), t + 1):
            total += against[s]
        worst = max(worst, total)
    if worst < COMPLIANT_BELOW_M:
        return 1.0
    return 0.5 if worst < VIOLATED_FROM_M else 0.0


@kernel
def _batch(feet, flags, spare_intersections, score):
    for b in range(len(feet)):
        score[b] = driving_direction(feet[b], flags[b], spare_intersections)


def measure_driving_direction(feet: Floats, flags: NDArray[np.int64], spare_intersections: bool = True) -> Measure:
    """DDC from footprints (B, T, 5, 2) and area flags (B, T). ``spare_intersections``: v2 does not count inside them, v1 does."""
    score = np.empty(len(feet))
    _batch(feet, flags, spare_intersections, score)
    return everywhere(score)
