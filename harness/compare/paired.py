"""Two policies on the same scenarios, yes or no: the exact test, and the interval of the difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import cast

from scipy.optimize import brentq
from scipy.stats import binomtest, norm

from harness.statistics import Rate, wilson


@dataclass(frozen=True)
class PairCounts:
    """How often both succeeded, only the first, only the second, neither."""

    both: int
    lost: int
    won: int
    neither: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> PairCounts:
        """``pairs``: (first succeeded, second succeeded) a scenario."""
        counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
        for first, second in pairs:
            counts[bool(first), bool(second)] += 1
        return cls(*counts.values())

    @property
    def n(self) -> int:
        return self.both + self.lost + self.won + self.neither

    @property
    def discordant(self) -> int:
        return self.lost + self.won

    def rate(self, second: bool, confidence: float = 0.95) -> Rate:
        return wilson(self.both + (self.won if second else self.lost), self.n, confidence)


@dataclass(frozen=True)
class PairedDifference:
    """Second minus first, in shares of the pairs. None where there is no pair."""

    value: float | None
    low: float | None
    high: float | None
    p: float | None


def paired_difference(counts: PairCounts, confidence: float = 0.95) -> PairedDifference:
    """The difference of two paired rates with Tango's score interval, and the exact McNemar p-value."""
    if counts.n == 0:
        return PairedDifference(None, None, None, None)
    low, high = tango(counts.won, counts.lost, counts.n, confidence)
    return PairedDifference((counts.won - counts.lost) / counts.n, low, high, mcnemar_exact(counts.won, counts.lost))


def mcnemar_exact(won: int, lost: int) -> float:
    """Two-sided exact p of the discordant pairs (McNemar 1947, as a binomial test); 1 where there is none."""
    discordant = won + lost
    return 1.0 if discordant == 0 else float(binomtest(min(won, lost), discordant, 0.5).pvalue)


@lru_cache(maxsize=65536)
def tango(won: int, lost: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of (won - lost) / n, the difference of two paired proportions (Tango, Statistics in Medicine 17, 1998, 891-908).

    It holds its level for few pairs and for none discordant, where the normal approximation has no width. ``won`` and ``lost`` of ``n`` pairs are discordant.
    """
    z = float(norm.ppf((1 + confidence) / 2))
    estimate = (won - lost) / n

    def beyond(delta: float, side: float) -> float:
        return _score(won, lost, n, delta) - side * z

    def root(start: float, end: float, side: float) -> float:
        return float(cast(float, brentq(beyond, start, end, args=(side,), xtol=1e-10)))

    nearly = 1.0 - 1e-12
    low = root(-nearly, estimate, 1.0) if lost < n and beyond(-nearly, 1.0) > 0 else -1.0
    high = root(estimate, nearly, -1.0) if won < n and beyond(nearly, -1.0) < 0 else 1.0
    return low, high


def _score(won: int, lost: int, n: int, delta: float) -> float:
    """Tango's standardised difference from ``delta``; the nuisance rate (of lost pairs) at its restricted maximum of likelihood."""
    a = 2.0 * n
    b = -won - lost + (2 * n - won + lost) * delta
    c = -lost * delta * (1.0 - delta)
    q = (sqrt(max(0.0, b * b - 4.0 * a * c)) - b) / (2.0 * a)
    variance = n * (2.0 * q + delta * (1.0 - delta))
    distance = won - lost - n * delta
    if variance <= 0.0:
        return 0.0 if distance == 0.0 else float("inf") if distance > 0 else float("-inf")
    return distance / sqrt(variance)
