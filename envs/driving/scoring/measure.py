"""What a metric returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.driving.scene import Floats


class Measure(NamedTuple):
    """``value`` (B,) of a batch of trajectories, and whether the metric says anything about each: ``valid`` (B,). What does not apply has the value that leaves the score alone, never 0."""

    value: Floats
    valid: NDArray[np.bool_]


def everywhere(value: Floats, valid: bool = True) -> Measure:
    """A metric that applies to the whole batch, or to none of it."""
    return Measure(value, np.full(len(value), valid))
