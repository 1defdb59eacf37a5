"""LK: 0 if the ego's centre is more than 0.5 m off the centreline for 2 s on end, else 1. Steps inside an intersection are skipped, and do not reset the count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.areas import CENTRE_IN_INTERSECTION
from envs.driving.scoring.centreline import within
from envs.driving.scoring.footprint import CENTRE
from envs.driving.scoring.measure import Measure

LIMIT_M = 0.5
STEPS = 20


@kernel
def lane_keeping(footprint, flags, line):
    """LK of one trajectory."""
    count, hint = 0, 0
    for t in range(len(flags)):
        if flags[t] & CENTRE_IN_INTERSECTION != 0:
            continue
        kept, hint = within(line, footprint[t, CENTRE, 0], footprint[t, CENTRE, 1], LIMIT_M, hint)
        count = 0 if kept else count + 1
        if count >= STEPS:
            return 0.0
    return 1.0


@kernel
def _batch(feet, flags, line, score):
    for b in range(len(feet)):
        score[b] = lane_keeping(feet[b], flags[b], line)


def measure_lane_keeping(feet: Floats, flags: NDArray[np.int64], centreline: Floats) -> Measure:
    """LK of footprints (B, T, 5, 2) with area flags (B, T); not valid where at no time 20 steps lie outside intersections, so that it could not fail."""
    score = np.empty(len(feet))
    _batch(feet, flags, centreline, score)
    return Measure(score, ((flags & CENTRE_IN_INTERSECTION) == 0).sum(axis=1) >= STEPS)
