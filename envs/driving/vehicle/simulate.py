"""Closed-loop simulation of a batch of references: tracker and bicycle at 10 Hz (navsim's PDMSimulator)."""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.state import STATE_SIZE
from envs.driving.vehicle.bicycle import step_bicycle
from envs.driving.vehicle.tracker import fit_profiles, speed_operator, track


@kernel
def _simulate(initial, references, operator, dt, out):
    m = references.shape[1] - 1
    speed, curvature = np.empty(m), np.empty(m)
    for b in range(len(references)):
        fit_profiles(references[b], operator, dt, speed, curvature)
        out[b, 0] = initial
        for i in range(out.shape[1] - 1):
            acceleration, rate = track(out[b, i], references[b], i, speed, curvature, dt)
            step_bicycle(out[b, i], acceleration, rate, dt, out[b, i + 1])


def simulate(initial_state: Floats, references: Floats, dt: float = 0.1, steps: int | None = None) -> Floats:
    """States (B, steps + 1, 11) of vehicles that start at ``initial_state`` (11,) and follow ``references`` (B, m + 1, 3): global x, y, heading every ``dt`` s.

    ``steps``: how many to simulate, at most and by default m. The profiles are always fitted to the whole reference.
    """
    references = np.ascontiguousarray(references, np.float64)
    m = references.shape[1] - 1
    out = np.empty((len(references), min(steps, m) + 1 if steps is not None else m + 1, STATE_SIZE))
    _simulate(np.asarray(initial_state, np.float64), references, speed_operator(m, dt), dt, out)
    return out
