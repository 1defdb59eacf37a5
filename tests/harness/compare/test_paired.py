"""The paired test and interval, against published values, libraries and exact enumeration."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import binomtest, multinomial
from statsmodels.stats.contingency_tables import mcnemar

from harness.compare.paired import PairCounts, mcnemar_exact, paired_difference, tango


def test_tango_against_a_published_example():
    """Airway hyper-responsiveness before and after transplantation (Bentur et al. 2009), in Fagerland, Lydersen & Laake, Statistics in Medicine 2014: 1 and 7 of 21 discordant, -0.286 [-0.517, -0.026]."""
    assert tango(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert tango(7, 1, 21) == pytest.approx((0.026, 0.517), abs=5e-4)


@pytest.mark.parametrize("n", [12, 30])
@pytest.mark.parametrize(("win", "lose"), [(0.1, 0.1), (0.05, 0.2), (0.3, 0.1), (0.01, 0.3), (0.02, 0.02)])
def test_tango_covers_the_truth(n: int, win: float, lose: float):
    covered = sum(
        float(multinomial.pmf([w, lost, n - w - lost], n, [win, lose, 1 - win - lose]))
        for w in range(n + 1)
        for lost in range(n + 1 - w)
        if tango(w, lost, n)[0] <= win - lose <= tango(w, lost, n)[1]
    )
    assert covered >= 0.935  # nominal 0.95: a score interval is allowed to dip a little


def test_no_discordant_pair():
    """p is 1, never 0 (statsmodels' mcnemar(exact=False) says otherwise), and the interval has a width that shrinks with the pairs."""
    assert mcnemar_exact(0, 0) == 1.0
    difference = paired_difference(PairCounts(30, 0, 0, 20))
    assert (difference.value, difference.p) == (0.0, 1.0)
    z2 = 1.959963985**2
    assert (difference.low, difference.high) == pytest.approx((-z2 / (50 + z2), z2 / (50 + z2)), abs=1e-6)


@pytest.mark.parametrize(("won", "lost"), [(1, 0), (5, 5), (3, 9), (20, 4), (100, 130)])
def test_mcnemar_against_two_libraries(won: int, lost: int):
    table = [[7, lost], [won, 11]]
    other: Any = mcnemar(table, exact=True)
    assert mcnemar_exact(won, lost) == pytest.approx(min(1.0, float(other.pvalue)))
    assert mcnemar_exact(won, lost) == pytest.approx(binomtest(won, won + lost).pvalue)


def test_everything_changed():
    low, high = tango(0, 5, 5)
    assert low == -1.0
    assert -1 < high < 0
    assert tango(5, 0, 5) == pytest.approx((-high, 1.0))


def test_no_pair_has_no_figures():
    difference = paired_difference(PairCounts(0, 0, 0, 0))
    assert (difference.value, difference.low, difference.high, difference.p) == (None, None, None, None)


def test_counts_of_pairs():
    counts = PairCounts.of([(True, True), (True, False), (True, False), (False, True), (False, False)])
    assert counts == PairCounts(1, 2, 1, 1)
    assert (counts.n, counts.discordant, counts.rate(False).k, counts.rate(True).k) == (5, 3, 3, 2)
