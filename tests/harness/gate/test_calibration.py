"""How often the gate is wrong, over simulated nights with the default rule: success, tasks and all."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from harness.compare import RunTable
from harness.gate import GateRule, gate
from harness.gate.sequential import finished_pairs, look, simulate
from tests.synthetic_runs import make_table

NIGHTS = 2000
RULE = GateRule()
TASKS = 4


@pytest.fixture(autouse=True)
def _quick_collection() -> Iterator[None]:
    """statsmodels collects all garbage at every adjustment; what is there already need not be looked at again."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def night(rng: np.random.Generator, n: int, drop: float) -> tuple[RunTable, RunTable]:
    """(baseline, run) on ``n`` scenarios of differing difficulty (mean success 0.7), of which the run fails a true ``drop`` more."""
    chance = rng.beta(3.5, 1.5, n)
    base = rng.random(n) < chance
    # the drop is taken off every scenario's chance, so that it is the true difference of the means
    run = rng.random(n) < np.clip(chance * (1 - drop / 0.7), 0, 1)
    tables = [
        make_table({str(k): bool(won) for k, won in enumerate(outcome)}, name, lambda k: {"task": f"task {int(k) % TASKS}"})
        for name, outcome in (("baseline", base), ("run", run))
    ]
    return tables[0], tables[1]


def share_of_regress(n: int, drop: float, nights: int = NIGHTS) -> float:
    rng = np.random.default_rng([n, round(100 * drop)])
    return sum(gate(run, baseline, RULE).ruling == "regress" for baseline, run in (night(rng, n, drop) for _ in range(nights))) / nights


@pytest.mark.slow
def test_equal_policies_are_called_worse_in_at_most_one_night_of_twenty():
    found = share_of_regress(50, 0.0)
    print(f"equal policies, n = 50: regress in {100 * found:.2f} % of {NIGHTS} nights")
    assert found <= 0.05


@pytest.mark.slow
def test_a_drop_of_twenty_points_is_found_in_four_nights_of_five():
    found = share_of_regress(200, 0.2)
    print(f"20-point drop, n = 200: regress in {100 * found:.2f} % of {NIGHTS} nights")
    assert found >= 0.80


@pytest.mark.parametrize(("n", "drop", "least", "most"), [(50, 0.0, 0.0, 0.05), (200, 0.2, 0.8, 1.0)])
def test_the_same_in_short(n: int, drop: float, least: float, most: float):
    """The two above with 150 nights, so that every test run has them; the bounds are the same."""
    assert least <= share_of_regress(n, drop, 150) <= most


# The sequential test


@pytest.mark.parametrize("disagreement", [0.05, 0.2, 0.6])
def test_peeking_after_every_pair_stays_below_alpha(disagreement: float):
    found = simulate(200, 0.0, disagreement=disagreement, alpha=0.05, nights=4000, seed=1)
    assert found.stopped <= 0.05


def test_a_better_run_is_hardly_ever_called_worse():
    assert simulate(200, -0.05, disagreement=0.2, nights=2000).stopped <= 0.01


def test_what_stopping_early_saves(capsys: pytest.CaptureFixture[str]):
    found = simulate(200, 0.15, nights=2000)
    with capsys.disabled():
        print(
            f"\ntrue 15-point drop, 200 pairs: worse in {100 * found.stopped:.1f} % of nights, {found.saved:.0f} of 200 episodes saved on average"
        )
    assert found.stopped >= 0.9
    assert found.saved >= 80


def test_both_ends_of_the_whole_procedure_stay_below_alpha():
    """As the gate uses it: stop for worse and for fine, on paired outcomes with their order. Equal policies are called worse in at most 5 %, and one that is 15 points worse (the tolerance) is called fine in at most 5 %."""
    rng = np.random.default_rng(7)
    ends = {0.0: "regress", 0.15: "pass"}
    for drop, wrong in ends.items():
        count = 0
        for _ in range(NIGHTS):
            draws = rng.random(100)
            pairs = [(bool(x < 0.1 + drop), bool(x > 0.9)) for x in draws]
            count += look(pairs, 100, alpha=0.05, tolerance=0.15).ruling == wrong
        assert count / NIGHTS <= 0.05, (drop, wrong)


def test_only_the_finished_beginning_counts():
    """Successes come in early; the order of the ids does not know."""
    baseline = make_table({str(k): True for k in range(10)}, "baseline")
    run = make_table({str(k): k != 2 for k in range(10) if k != 5}, "run")
    pairs, planned = finished_pairs(run, baseline, "last")
    assert (len(pairs), planned) == (5, 10)
    assert pairs.count((True, False)) == 1


def test_errors_are_not_lost_pairs():
    baseline = make_table({"a": True, "b": True, "c": True}, "baseline")
    pairs, _ = finished_pairs(make_table({"a": None, "b": False, "c": True}, "run"), baseline, "last")
    assert pairs == [(True, False), (True, True)]
