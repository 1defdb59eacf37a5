"""Rates and intervals, against published values and by hand."""

from __future__ import annotations

from math import sqrt

import pytest
from scipy.stats import binomtest

from harness.statistics import Rate, macro, wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe, Statistics in Medicine 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_against_newcombes_table(k: int, n: int, low: float, high: float):
    rate = wilson(k, n)
    assert rate.low == pytest.approx(low, abs=5e-5)
    assert rate.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_wilson_against_scipy(confidence: float):
    for n in (1, 2, 7, 50, 3000):
        for k in {0, 1, n // 3, n - 1, n}:
            expected = binomtest(k, n).proportion_ci(confidence, method="wilson")
            rate = wilson(k, n, confidence)
            assert (rate.low, rate.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_reaches_the_ends():
    assert wilson(0, 5).low == 0.0
    assert wilson(5, 5).high == 1.0


def test_wilson_is_symmetric_and_widens_with_confidence():
    assert wilson(3, 10).low == pytest.approx(1 - (wilson(7, 10).high or 0))
    assert (wilson(5, 10, 0.99).low or 1) < (wilson(5, 10, 0.9).low or 0)


def test_nothing_tried_is_no_rate():
    nothing = wilson(0, 0)
    assert nothing.value is None
    assert nothing.low is None
    assert str(nothing) == "-"
    assert nothing.to_json() == {"k": 0, "n": 0, "rate": None, "low": None, "high": None}


def test_text():
    assert str(wilson(10, 10)) == "100.0 % [72, 100]"


def test_macro_worked_by_hand():
    """Two tasks, 0.8 [0.6, 0.9] and 0.4 [0.1, 0.8]: MOVER takes the distances to the limits as if they were standard errors of independent rates."""
    made = macro([Rate(8, 10, 0.6, 0.9), Rate(4, 10, 0.1, 0.8)])
    assert made is not None
    assert made.value == pytest.approx(0.6)
    assert made.low == pytest.approx(0.6 - sqrt(0.2**2 + 0.3**2) / 2)
    assert made.high == pytest.approx(0.6 + sqrt(0.1**2 + 0.4**2) / 2)


def test_macro_weighs_tasks_the_same_and_not_episodes():
    made = macro([wilson(100, 100), wilson(0, 4)])
    assert made is not None
    assert made.value == pytest.approx(0.5)


def test_macro_of_perfect_tasks_has_a_width():
    made = macro([wilson(5, 5), wilson(5, 5)])
    assert made is not None
    assert made.low < made.value == made.high == 1.0


def test_macro_leaves_out_what_was_not_tried():
    assert macro([wilson(3, 4), wilson(0, 0)]) == macro([wilson(3, 4)])
    assert macro([wilson(0, 0)]) is None
    assert macro([]) is None
    alone, one = macro([wilson(3, 4)]), wilson(3, 4)
    assert alone is not None
    assert (alone.value, alone.low, alone.high) == pytest.approx((one.value, one.low, one.high))
