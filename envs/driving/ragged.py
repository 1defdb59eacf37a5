"""Rows of unequal length, laid end to end in one array: row i is ``values[offsets[i] : offsets[i + 1]]``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def offsets_of(lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """(n + 1,): where each of n rows of ``lengths`` begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
