"""DAC: 0 if a corner of the ego ever leaves the drivable area, else 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.driving.scoring.areas import NON_DRIVABLE
from envs.driving.scoring.measure import Measure, everywhere


def measure_drivable_area(flags: NDArray[np.int64]) -> Measure:
    """From the area flags (B, T)."""
    return everywhere(1.0 - ((flags & NON_DRIVABLE) != 0).any(axis=1))
