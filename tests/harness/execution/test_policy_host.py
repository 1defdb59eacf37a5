"""The policy's own process: batches, failures, and being replaced."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, StoreError

SAMPLER = "tests.harness.misbehaving.SamplingPolicy"


def agent(target: str = SAMPLER, **arguments: Any) -> dict[str, Any]:
    return {"name": "sampler", "_target_": "tests.harness.misbehaving.SamplingAgent", "policy": {"_target_": target, **arguments}}


@pytest.fixture
def process(play: Callable[..., Any], toys: Callable[..., Any]) -> Callable[..., Any]:
    """Runs an agent through six toy episodes in worker processes."""

    def run(config: dict[str, Any], *overrides: str, workers: int = 2) -> Any:
        return play(toys(6), config, f"executor.workers={workers}", *overrides, executor="process")

    return run


BUSY = 0.05  # s that the policy takes for a call: long enough for the other workers' requests to meet, on a busy machine too


def batches(notes: Path) -> list[int]:
    return [int(line) for line in notes.read_text().split()]


def test_requests_of_several_workers_meet_in_a_batch(process: Callable[..., Any], tmp_path: Path):
    notes = tmp_path / "notes"
    assert process(agent(notes=str(notes), pace=BUSY), workers=3).errors == 0
    assert sum(batches(notes)) == 6 * 6  # six episodes, a request every second of 12 steps
    assert max(batches(notes)) > 1


def test_one_by_one_for_a_policy_that_promises_nothing(process: Callable[..., Any], tmp_path: Path):
    notes = tmp_path / "notes"
    target = "tests.harness.misbehaving.OneByOnePolicy"
    assert process(agent(target, notes=str(notes), pace=0.005), workers=3).errors == 0
    assert batches(notes) == [1] * 36


def test_the_configured_limit_counts(process: Callable[..., Any], tmp_path: Path):
    notes = tmp_path / "notes"
    process(agent(notes=str(notes), pace=BUSY), "executor.max_batch=2", workers=3)
    assert sum(batches(notes)) == 36
    assert max(batches(notes)) == 2


def test_a_policy_that_raises_gives_errors_with_its_traceback(process: Callable[..., Any], episodes: Callable[..., Any]):
    result = process(agent(fault="raise", at=1), "retries=0", workers=1)
    errors = [e.error for e in episodes(result.root).values() if e.outcome == "error"]
    assert len(errors) == 1
    assert errors[0].kind == "PolicyFailedError"
    assert errors[0].phase == "act"
    assert "DeliberateError: as the test wished" in errors[0].message
    assert "in misbehave" in errors[0].message


def test_a_failing_batch_fails_only_where_it_must(process: Callable[..., Any], episodes: Callable[..., Any], tmp_path: Path):
    """A batch that raises is asked again one request at a time: here the fault passes, so that nobody loses anything."""
    result = process(agent(fault="raise", at=2, once=str(tmp_path / "happened"), pace=0.01), "retries=1", workers=3)
    assert (tmp_path / "happened").exists()
    assert result.errors == 0


@pytest.mark.parametrize(
    ("target", "words"),
    [("WrongCountPolicy", "the policy gave 0 responses to 1 requests"), ("UnsendablePolicy", "pickle")],
)
def test_answers_that_are_none(process: Callable[..., Any], episodes: Callable[..., Any], target: str, words: str):
    result = process(agent(f"tests.harness.misbehaving.{target}"), "retries=0", workers=1)
    assert result.errors == 6
    assert all(words in e.error.message for e in episodes(result.root).values())


@pytest.mark.parametrize("fault", ["exit", "segfault"])
def test_a_policy_that_dies_is_replaced(
    process: Callable[..., Any], episodes: Callable[..., Any], play: Any, toys: Any, step_bytes: Any, tmp_path: Path, fault: str
):
    result = process(agent(fault=fault, at=4, once=str(tmp_path / "happened")), "retries=2")
    assert (tmp_path / "happened").exists()
    assert result.errors == 0
    failed = [error for e in episodes(result.root).values() for error in e.failed_attempts]
    assert {(error.kind, error.phase) for error in failed} == {("PolicyGoneError", "act")}
    assert 1 <= len(failed) <= 2  # what was in flight
    assert step_bytes(result.root) == step_bytes(play(toys(6), agent(), "name=undisturbed").root)


def test_a_policy_that_hangs_is_replaced(process: Callable[..., Any], episodes: Callable[..., Any], tmp_path: Path):
    result = process(agent(fault="hang", at=4, once=str(tmp_path / "happened")), "retries=2", "timeouts.act=3")
    assert (tmp_path / "happened").exists()
    assert result.errors == 0
    kinds = {error.kind for e in episodes(result.root).values() for error in e.failed_attempts}
    assert "PhaseTimeout" in kinds
    assert kinds <= {"PhaseTimeout", "PolicyGoneError"}


def test_a_policy_that_dies_every_time_ends_in_errors(process: Callable[..., Any]):
    result = process(agent(fault="exit", at=1), "retries=0", workers=1)
    assert result.errors == 6


def test_a_policy_that_cannot_be_made(process: Callable[..., Any]):
    before = set(glob.glob(f"{tempfile.gettempdir()}/gauntlet-*"))
    with pytest.raises(ConfigError, match="wheels"):
        process(agent(wheels=4))
    with pytest.raises(ConfigError, match=r"tests\.harness\.misbehaving\.NoPolicy"):
        process(agent("tests.harness.misbehaving.NoPolicy"))
    with pytest.raises(ConfigError, match="has no method infer"):
        process(agent("pathlib.PurePath"))
    assert set(glob.glob(f"{tempfile.gettempdir()}/gauntlet-*")) <= before


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_resuming_with_other_weights_is_refused(play: Callable[..., Any], toys: Callable[..., Any], executor: str):
    config = {"name": "weighted", "_target_": "tests.harness.misbehaving.WeightedAgent"}
    assert play(toys(2), config, executor=executor).errors == 0
    assert play(toys(2), config, executor=executor).errors == 0
    with pytest.raises(StoreError, match=r'agent.weights was null, now "v2"'):
        play(toys(2), {**config, "weights": "v2"}, executor=executor)


def test_a_run_may_change_its_executor(play: Callable[..., Any], toys: Callable[..., Any]):
    """What identifies a run is what its results depend on."""
    play(toys(2), agent())
    assert play(toys(2), agent(), "executor.workers=1", executor="process").errors == 0
