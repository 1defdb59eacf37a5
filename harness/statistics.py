"""Rates and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class Rate:
    """``k`` of ``n``, with a 95 % interval. ``value`` is None where n is 0."""

    k: int
    n: int
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None

    def to_json(self) -> dict[str, float | int | None]:
        return {"k": self.k, "n": self.n, "rate": self.value, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            return "-"
        return f"{100 * self.value:5.1f} % [{100 * self.low:.0f}, {100 * self.high:.0f}]"


def wilson(k: int, n: int, confidence: float = 0.95) -> Rate:
    """The rate k / n with its Wilson score interval (Wilson 1927)."""
    if n == 0:
        return Rate(0, 0, None, None)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (k + z * z / 2) / (n + z * z)
    half = z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return Rate(k, n, middle - half if k else 0.0, middle + half if k < n else 1.0)


@dataclass(frozen=True)
class MeanRate:
    """The unweighted mean of several rates, with a 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        return {"rate": self.value, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        return f"{100 * self.value:5.1f} % [{100 * self.low:.0f}, {100 * self.high:.0f}]"


def macro(rates: Sequence[Rate]) -> MeanRate | None:
    """The mean over tasks of their rates, each task weighing the same.

    The interval combines the tasks' own Wilson limits by MOVER, the method of variance estimates recovery (Zou & Donner, Statistics in Medicine 2008): unlike the normal approximation it has no zero width where every
    task is at 0 or 1. It speaks of these tasks; it does not generalise to tasks not in the suite.
    """
    known = [r for r in rates if r.value is not None and r.low is not None and r.high is not None]
    if not known:
        return None
    values = [float(r.value or 0.0) for r in known]
    mean = sum(values) / len(values)
    down = sqrt(sum((v - float(r.low or 0.0)) ** 2 for v, r in zip(values, known))) / len(known)
    up = sqrt(sum((float(r.high or 0.0) - v) ** 2 for v, r in zip(values, known))) / len(known)
    return MeanRate(mean, max(0.0, mean - down), min(1.0, mean + up))
