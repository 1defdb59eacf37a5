"""A line of the parity table, and the distances that it states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Measure:
    """``at_most``: whether ``bound`` is an upper bound."""

    case: str
    name: str
    value: float
    bound: float
    at_most: bool = True

    @property
    def ok(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound


def distances_mm(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """(...) mm between poses (..., 7) x y z qw qx qy qz in m."""
    return 1e3 * np.linalg.norm(first[..., :3].astype(np.float64) - second[..., :3].astype(np.float64), axis=-1)


def angles_deg(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """(...) degrees between the orientations of poses (..., 7); their quaternions may have any length."""
    one, two = first[..., 3:].astype(np.float64), second[..., 3:].astype(np.float64)
    cosine = np.abs(np.sum(one * two, axis=-1)) / (np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1))
    return np.degrees(2 * np.arccos(np.minimum(1.0, cosine)))


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """dB; 99 for equal pictures."""
    error = float(np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2))
    return 99.0 if error == 0 else float(10 * np.log10(255.0**2 / error))


def first_step(happened: NDArray[np.bool_]) -> int:
    """The first step at which something is true; -1 for never."""
    return int(np.argmax(happened)) if happened.any() else -1
