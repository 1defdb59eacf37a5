"""What a comparison could have seen: exact power of the exact McNemar test."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom

POWER = 0.8


def power(n: int, drop: float, discordant: float, alpha: float = 0.05) -> float:
    """Chance that the two-sided exact McNemar test on ``n`` pairs finds a true ``drop``, in the right direction.

    ``discordant``: share of pairs on which the two differ; at least ``drop``. Exact: summed over the number of discordant pairs.
    """
    discordant = max(discordant, drop)
    if n == 0 or discordant <= 0.0:
        return 0.0
    counts = np.arange(n + 1)
    chances = binom.pmf(counts, n, discordant)
    return float((chances * binom.sf(_critical(n, alpha) - 1, counts, (1 + drop / discordant) / 2)).sum())


@lru_cache(maxsize=4096)
def smallest_drop(n: int, discordant: int, alpha: float = 0.05, wanted: float = POWER) -> float | None:
    """The smallest true drop in success (a share) that ``n`` pairs would show with 80 % power, policies differing on as many pairs as were seen (``discordant``) or on the drop alone if that is more.

    None: not even a drop from always to never would be found.
    """
    share = discordant / n if n else 0.0

    def short(drop: float) -> float:
        return power(n, drop, share, alpha) - wanted

    if n == 0 or short(1.0) < 0:
        return None
    return float(cast(float, brentq(short, 1e-9, 1.0, xtol=1e-4)))


@lru_cache(maxsize=256)
def _critical(n: int, alpha: float) -> np.ndarray:
    """For 0..n discordant pairs: from how many lost ones on the two-sided exact p is at most ``alpha``."""
    counts = np.arange(n + 1)
    least = binom.isf(alpha / 2, counts, 0.5).astype(int) + 1  # P(X >= least) <= alpha / 2
    least = np.where(binom.sf(least - 2, counts, 0.5) <= alpha / 2, least - 1, least)
    return np.where(0.5**counts * 2 > alpha, counts + 1, least)  # too few: never
