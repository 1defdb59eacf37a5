"""The central promise: the same scenarios and the same agent give the same episodes, bit for bit, whichever executor, number of workers, or order ran them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.scenario import Scenario
from harness.store import read_steps
from harness.suite import Suite

AGENTS: dict[str, Any] = {
    "noisy-expert": "noisy-expert",
    "policy": {
        "name": "sampler",
        "_target_": "tests.harness.misbehaving.SamplingAgent",
        "policy": {"_target_": "tests.harness.misbehaving.SamplingPolicy"},
    },
    "policy-one-by-one": {
        "name": "sampler",
        "_target_": "tests.harness.misbehaving.SamplingAgent",
        "policy": {"_target_": "tests.harness.misbehaving.OneByOnePolicy"},
    },
}


def shuffled(suite: Suite, seed: int | None) -> Suite:
    order = range(len(suite.scenarios))[::-1] if seed is None else np.random.default_rng(seed).permutation(len(suite.scenarios))
    return suite.model_copy(update={"scenarios": tuple(suite.scenarios[i] for i in order)})


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS.keys())
def test_executor_workers_and_order_change_nothing(
    play: Callable[..., Any], toys: Callable[..., Any], step_bytes: Callable[..., Any], agent: Any
):
    suite: Suite = toys(5)
    runs = {
        "inline": play(suite, agent, "name=inline"),
        "one worker": play(suite, agent, "name=one", "executor.workers=1", executor="process"),
        "two workers": play(suite, agent, "name=two", "executor.workers=2", executor="process"),
        "two workers, reversed": play(shuffled(suite, None), agent, "name=reversed", "executor.workers=2", executor="process"),
        "inline, shuffled, one environment": play(shuffled(suite, 3), agent, "name=shuffled"),
    }
    expected = step_bytes(runs["inline"].root)
    assert set(expected) == {s.id for s in suite.scenarios}
    assert len({steps["action"] for steps in expected.values()}) == 5  # the scenarios differ, so equality says something
    for name, result in runs.items():
        assert result.errors == 0, name
        found = step_bytes(result.root)
        assert set(found) == set(expected), name
        for scenario_id, columns in expected.items():
            assert set(found[scenario_id]) == set(columns), name
            for column, content in columns.items():
                assert found[scenario_id][column] == content, f"{name}: {column} of {scenario_id}"


def test_videos_change_nothing(play: Callable[..., Any], toys: Callable[..., Any], step_bytes: Callable[..., Any]):
    suite = toys(2)
    plain, filmed = play(suite, AGENTS["policy"], "name=plain"), play(suite, AGENTS["policy"], "name=filmed", "record=light")
    assert step_bytes(plain.root) == step_bytes(filmed.root)
    for scenario in suite.scenarios:
        payloads = [(r.root / "episodes" / scenario.id / "step0.npz").read_bytes() for r in (plain, filmed)]
        assert payloads[0] == payloads[1]


def test_the_comparison_notices_one_bit(play: Callable[..., Any], toys: Callable[..., Any], step_bytes: Callable[..., Any]):
    """The runs' seed is the smallest change there is: if the bytes did not differ then, the tests above would prove nothing."""
    suite = toys(1)
    a, b = play(suite, "noisy-expert", "name=a", "seed=0"), play(suite, "noisy-expert", "name=b", "seed=1")
    (first,), (second,) = step_bytes(a.root).values(), step_bytes(b.root).values()
    assert first["action"] != second["action"]
    assert first["state.goal"] == second["state.goal"]  # the scene's seed is the scenario's own


@pytest.mark.sim
def test_the_same_in_a_simulator(play: Callable[..., Any], step_bytes: Callable[..., Any], tmp_path: Path):
    scenarios = tuple(
        Scenario(env="tabletop/PutOn-v0", seed=seed, max_steps=12, tags={"task": "put_on"}) for seed in (1000000, 1000001, 1000002)
    )
    suite = Suite(name="tabletop/three", scenarios=scenarios)
    inline = play(suite, "noisy-expert", "name=inline")
    pair = play(shuffled(suite, None), "noisy-expert", "name=pair", "executor.workers=2", executor="process")
    assert inline.errors == pair.errors == 0
    assert step_bytes(inline.root) == step_bytes(pair.root)
    steps = read_steps(inline.root / "episodes" / scenarios[0].id)
    assert np.abs(np.diff(steps["action"], axis=0)).max() > 0
