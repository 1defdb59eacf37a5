"""The seeds and options of a vector environment's reset."""

from __future__ import annotations

import multiprocessing as mp
from typing import Any, cast

import numpy as np
import pytest

from envs.manipulation.simpler.vector_options import mask_of, options_of, seeds_of
from envs.manipulation.simpler.worker_process import WorkerProcess
from harness.errors import ConfigError


def test_seeds_count_on_as_in_gymnasium() -> None:
    assert seeds_of(3, 3) == [3, 4, 5]
    assert seeds_of([7, None, np.int64(2)], 3) == [7, None, 2]
    assert seeds_of(np.array([1, 0]), 2) == [1, 0]
    assert seeds_of(None, 2) == [None, None]


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        ([1, 2], "2 seeds for 3 sub-environments"),
        ([1, -2, 3], "sub-environment 1: seed -2"),
        ([1, 2, 1.5], r"sub-environment 2: seed 1\.5"),
        ("abc", "seed='abc'"),
        (-3, "sub-environment 0: seed -3"),
        (True, "seed=True"),
    ],
)
def test_wrong_seeds(seed: Any, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        seeds_of(seed, 3)


def test_options_of_all_and_of_each() -> None:
    mask, each = options_of({"model": "apple"}, 2)
    assert mask.all()
    assert each == [{"model": "apple"}, {"model": "apple"}]
    assert options_of([{"episode_id": 1}, None], 2)[1] == [{"episode_id": 1}, {}]
    assert options_of(None, 2)[1] == [{}, {}]
    given = {"model": "apple", "reset_mask": np.array([False, True]), "each": [None, {"episode_id": 4}]}
    mask, each = options_of(given, 2)
    assert mask.tolist() == [False, True]
    assert each == [{"model": "apple"}, {"model": "apple", "episode_id": 4}]
    assert set(given) == {"model", "reset_mask", "each"}, "the caller's dictionary stays as it was"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ([{}], "1 reset options for 2 sub-environments"),
        ([{}, 3], "sub-environment 1: reset options 3"),
        ("episode_id", "reset options of type str"),
        (3, "reset options of type int"),
        ({"each": {}}, "reset options of type dict"),
        ({"reset_mask": np.array([True])}, r"reset_mask of shape \(1,\)"),
        ({"reset_mask": np.array([1, 0])}, "type int64"),
        ({"reset_mask": np.array([False, False])}, "nowhere true"),
    ],
)
def test_wrong_options(options: Any, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        options_of(options, 2)


def test_a_mask_may_be_a_list() -> None:
    assert mask_of([True, False], 2, "which").tolist() == [True, False]


def test_a_daemonic_process_cannot_have_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast(Any, mp.current_process())._config, "daemon", True)
    with pytest.raises(ConfigError, match=r"daemonic.*use workers=0"):
        WorkerProcess(lambda: pytest.fail("made"), [0], {})
