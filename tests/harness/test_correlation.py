"""MMRV and Pearson on policies ranked by hand."""

import numpy as np
import pytest

from harness.correlation import mmrv, pearson
from harness.errors import ConfigError


def test_mmrv_is_0_where_the_order_is_right():
    assert mmrv([0.1, 0.2, 0.9], [0.0, 0.5, 0.6]) == 0.0


def test_mmrv_of_one_exchanged_pair():
    # Simulation exchanges the last two: each of them is wronged by |0.5 - 0.9|, the first by nothing.
    assert mmrv([0.1, 0.8, 0.3], [0.0, 0.5, 0.9]) == pytest.approx((0 + 0.4 + 0.4) / 3)


def test_mmrv_is_measured_in_the_second_argument():
    sim, real = [0.1, 0.8, 0.3], [0.0, 0.5, 0.9]
    assert mmrv(real, sim) == pytest.approx((0 + 0.5 + 0.5) / 3)


def test_mmrv_takes_the_worst_partner_of_each():
    # Reversed: the ends are wronged by 1.0, the middle by 0.7.
    assert mmrv([0.9, 0.5, 0.1], [0.0, 0.3, 1.0]) == pytest.approx((1.0 + 0.7 + 1.0) / 3)


def test_mmrv_of_a_tie_in_simulation():
    # sim_i > sim_j is False both ways; real_1 > real_0 is True: only policy 1 is wronged.
    assert mmrv([0.5, 0.5], [0.2, 0.6]) == pytest.approx((0 + 0.4) / 2)


def test_pearson():
    assert pearson([0, 1, 2], [1, 3, 5]) == pytest.approx(1.0)
    assert pearson([0, 1, 2], [5, 3, 1]) == pytest.approx(-1.0)
    sim, real = [0.787, 0.857, 0.71, 0.567, 0.027, 0.17], [0.907, 0.853, 0.92, 0.76, 0.133, 0.293]
    assert pearson(sim, real) == pytest.approx(np.corrcoef(sim, real)[0, 1])
    assert pearson(sim, real) == pearson(real, sim)


def test_pearson_does_not_apply_to_a_constant():
    assert pearson([0.5, 0.5, 0.5], [0.1, 0.2, 0.3]) is None


@pytest.mark.parametrize(("sim", "real"), [([0.1], [0.1]), ([], []), ([0.1, 0.2], [0.1])])
def test_needs_the_same_two_or_more_policies(sim, real):
    for measure in (mmrv, pearson):
        with pytest.raises(ConfigError, match="same two or more policies"):
            measure(sim, real)
