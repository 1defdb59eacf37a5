"""From a policy's normalised output to physical actions, and back.

Every convention is affine in each dimension: physical = scale * normalised + offset. Dimensions that the mask leaves out (usually the gripper, already 0..1) pass through untouched.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Normalisation:
    """``scale``, ``offset``, ``mask`` (True: normalised): (D,). ``limits``: (2, D) bounds on normalised values, or None.

    Where a scale is 0 (a dimension that never moved in the data) the inverse gives 0.
    """

    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    mask: NDArray[np.bool_]
    limits: NDArray[np.float64] | None = None

    def unnormalise(self, actions: ArrayLike) -> NDArray[np.float64]:
        """(..., D) normalised -> (..., D) physical; values outside ``limits`` are clipped first."""
        given = self._checked(actions)
        clipped = given if self.limits is None else np.clip(given, *self.limits)
        return np.where(self.mask, clipped * self.scale + self.offset, given)

    def normalise(self, actions: ArrayLike) -> NDArray[np.float64]:
        """(..., D) physical -> (..., D) normalised, clipped to ``limits``: the inverse, where nothing was clipped."""
        given = self._checked(actions)
        moves = self.scale != 0
        normal = np.where(moves, (given - self.offset) / np.where(moves, self.scale, 1.0), 0.0)
        return np.where(self.mask, normal if self.limits is None else np.clip(normal, *self.limits), given)

    def _checked(self, actions: ArrayLike) -> NDArray[np.float64]:
        array = np.asarray(actions, np.float64)
        if array.shape[-1:] != self.scale.shape:
            raise ConfigError(
                f"actions of shape {array.shape} meet statistics of {len(self.scale)} dimensions",
                "use the statistics of this policy's data",
            )
        return array


def between(low: ArrayLike, high: ArrayLike, mask: ArrayLike | None = None, clip: bool = True) -> Normalisation:
    """[-1, 1] <-> [low, high]: physical = (normalised + 1) / 2 * (high - low) + low. OpenVLA and InternVLA-M1 with q01 and q99 (the latter clips), others with min and max."""
    bottom, top = np.asarray(low, np.float64), np.asarray(high, np.float64)
    limits = np.stack([-np.ones_like(bottom), np.ones_like(bottom)]) if clip else None
    return Normalisation((top - bottom) / 2, (top + bottom) / 2, _mask(mask, bottom), limits)


def standard(mean: ArrayLike, std: ArrayLike, mask: ArrayLike | None = None) -> Normalisation:
    """physical = normalised * std + mean. Octo."""
    offset = np.asarray(mean, np.float64)
    return Normalisation(np.asarray(std, np.float64), offset, _mask(mask, offset))


def rt1x_widowx() -> Normalisation:
    """RT-1-X on WidowX (SimplerEnv): xyz [-1.75, 1.75] -> [-0.05, 0.05] m, roll pitch yaw [-1.4, 1.4] -> [-0.25, 0.25] rad, both clipped; the gripper passes through."""
    reach = np.array([1.75] * 3 + [1.4] * 3 + [1.0])
    physical = np.array([0.05] * 3 + [0.25] * 3 + [1.0])
    return Normalisation(physical / reach, np.zeros(7), np.array([True] * 6 + [False]), np.stack([-reach, reach]))


def from_statistics(statistics: dict[str, Any], kind: str, clip: bool = True, where: str = "statistics") -> Normalisation:
    """One dataset's statistics {mean, std, q01, q99, min, max, mask} (each (D,); only those used need be there; without a mask all dimensions are normalised).

    ``kind``: quantiles (q01, q99), range (min, max) or standard (mean, std: never clipped).
    """
    keys = {"quantiles": ("q01", "q99"), "range": ("min", "max"), "standard": ("mean", "std")}
    if kind not in keys:
        raise ConfigError(f"unknown normalisation {kind!r}", did_you_mean(kind, keys))
    first, second = (_vector(statistics, key, where) for key in keys[kind])
    mask = np.asarray(statistics["mask"], bool) if statistics.get("mask") is not None else None
    if first.shape != second.shape or (mask is not None and mask.shape != first.shape):
        raise ConfigError(f"{where}: {keys[kind][0]}, {keys[kind][1]} and mask differ in length", "each needs one value a dimension")
    return standard(first, second, mask) if kind == "standard" else between(first, second, mask, clip)


def load_statistics(path: str | Path, dataset: str, part: str = "action") -> dict[str, Any]:
    """Read one dataset's part of a ``dataset_statistics.json`` {dataset: {"action": {...}, "proprio": {...}}}, as OpenVLA and Octo publish it (OpenVLA's config.json holds the same under ``norm_stats``).

    Raises:
        ConfigError: the file cannot be read, or it has no such dataset or part; says which it has.
    """
    try:
        data = json.loads(Path(path).expanduser().read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"statistics {path}: {' '.join(str(error).split())}", "give a readable dataset_statistics.json") from None
    sets = data.get("norm_stats", data) if isinstance(data, dict) else None
    if not isinstance(sets, dict):
        raise ConfigError(f"statistics {path}: no mapping of datasets", "give a dataset_statistics.json: {dataset: {action: {...}}}")
    if dataset not in sets:
        raise ConfigError(f"statistics {path}: no dataset {dataset!r}", did_you_mean(dataset, sets))
    parts = sets[dataset]
    if not isinstance(parts, dict) or not isinstance(parts.get(part), dict):
        raise ConfigError(f"statistics {path}, {dataset}: no {part!r}", did_you_mean(part, parts if isinstance(parts, dict) else ()))
    return parts[part]


def _vector(statistics: dict[str, Any], key: str, where: str) -> NDArray[np.float64]:
    if statistics.get(key) is None:
        raise ConfigError(f"{where}: no {key!r}", did_you_mean(key, statistics))
    try:
        vector = np.asarray(statistics[key], np.float64)
    except (TypeError, ValueError):
        vector = np.empty(())
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise ConfigError(f"{where}: {key!r} is no list of finite numbers", "give one number a dimension")
    return vector


def _mask(mask: ArrayLike | None, like: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.ones(like.shape, bool) if mask is None else np.asarray(mask, bool)
