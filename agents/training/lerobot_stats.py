"""The statistics that a LeRobotDataset v3 keeps of every feature, per episode and of the whole.

Of numbers: per dimension; of images: per channel, of values scaled to [0, 1], shape (3, 1, 1). Everything is exact: all rows and all pixels count (lerobot itself samples frames and reads quantiles off a histogram).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}

Statistics = dict[str, Any]  # {statistic: nested lists}


def number_statistics(values: NDArray[Any]) -> Statistics:
    """``values``: (n,) or (n, d) numbers or booleans. Lists of d values (1 for (n,)); ``count``: [n]."""
    rows = np.asarray(values, np.float64).reshape(len(values), -1)
    found = {"min": rows.min(0), "max": rows.max(0), "mean": rows.mean(0), "std": rows.std(0)}
    found |= dict(zip(QUANTILES, np.quantile(rows, list(QUANTILES.values()), axis=0)))
    return {**{name: value.tolist() for name, value in found.items()}, "count": [len(rows)]}


def pixel_histogram(frames: NDArray[np.uint8]) -> NDArray[np.int64]:
    """``frames``: (n, height, width, 3). Returns (3, 256): how often each value occurs in each channel."""
    return np.stack([np.bincount(frames[..., channel].ravel(), minlength=256) for channel in range(3)])


def pixel_statistics(histogram: NDArray[np.int64], frames: int) -> Statistics:
    """What :func:`pixel_histogram` says of ``frames`` images. Quantiles are the smallest value that so many of the pixels do not exceed."""
    levels = np.arange(256) / 255
    shares = histogram / histogram.sum(1, keepdims=True)
    mean = shares @ levels
    spread = np.sqrt((shares * (levels - mean[:, None]) ** 2).sum(1))
    reached = np.cumsum(histogram, 1)
    total = reached[:, -1:]

    def quantile(share: float) -> NDArray[np.float64]:
        return levels[np.argmax(reached >= share * total, axis=1)]

    found = {
        "min": levels[np.argmax(histogram > 0, axis=1)],
        "max": levels[255 - np.argmax(histogram[:, ::-1] > 0, axis=1)],
        "mean": mean,
        "std": spread,
        **{name: quantile(share) for name, share in QUANTILES.items()},
    }
    return {**{name: value.reshape(3, 1, 1).tolist() for name, value in found.items()}, "count": [frames]}
