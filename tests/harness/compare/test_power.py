"""The smallest drop a comparison could have seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from harness.compare.paired import mcnemar_exact
from harness.compare.power import _critical, power, smallest_drop


def test_critical_numbers_are_those_of_the_exact_test():
    for discordant, least in enumerate(_critical(60, 0.05)):
        expected = [k for k in range((discordant + 1) // 2, discordant + 1) if discordant and binomtest(k, discordant).pvalue <= 0.05]
        assert least == (expected[0] if expected else discordant + 1)


@pytest.mark.parametrize(("n", "drop", "discordant"), [(50, 0.2, 0.3), (100, 0.1, 0.1), (30, 0.4, 0.5)])
def test_power_against_simulation(n: int, drop: float, discordant: float):
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(3000):
        won, lost, _ = rng.multinomial(n, [(discordant - drop) / 2, (discordant + drop) / 2, 1 - discordant])
        found += lost > won and mcnemar_exact(int(won), int(lost)) <= 0.05
    assert power(n, drop, discordant) == pytest.approx(found / 3000, abs=0.03)


def test_smallest_drop_has_the_power_it_claims():
    for n, discordant in ((12, 3), (50, 0), (50, 10), (2000, 400)):
        drop = smallest_drop(n, discordant)
        assert drop is not None
        assert power(n, drop, discordant / n) == pytest.approx(0.8, abs=0.005)


def test_five_pairs_show_nothing():
    """Five lost of five is p = 0.0625."""
    assert smallest_drop(5, 0) is None
    assert smallest_drop(0, 0) is None
    assert smallest_drop(6, 0) is not None


def test_more_pairs_see_smaller_drops():
    drops = [smallest_drop(n, n // 5) for n in (20, 50, 200, 1000)]
    assert drops == sorted((drop for drop in drops if drop is not None), reverse=True)
