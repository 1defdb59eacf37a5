"""Resuming, damaged episodes, and what a run tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import StoreError
from harness.execution.worker import thread_environment
from harness.store import RunStore
from harness.suite import Suite
from tests.harness.misbehaving import MISBEHAVING


class Counter:
    """Counts what a run runs."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.notes: list[str] = []
        self.told: list[str] = []

    def started(self, plan: Any, done: Any, to_do: int, notes: Any) -> None:
        self.told.append("started")
        self.to_do, self.notes = to_do, list(notes)

    def finished(self, episode: Any, root: Path) -> None:
        assert (root / "episodes" / episode.scenario_id / "episode.json").is_file()  # it is told once it is safe
        self.ran.append(episode.scenario_id)

    def retrying(self, job: Any, error: Any) -> None: ...

    def tick(self, workers: Any) -> None:
        self.told.append("tick")

    def ended(self, interrupted: bool) -> None:
        self.told.append("ended")


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_only_what_is_missing_runs_again(play: Callable[..., Any], toys: Callable[..., Suite], counter: Counter, executor: str):
    suite = toys(4)
    root = play(suite, "hold", executor=executor).root
    gone = suite.scenarios[1].id
    for path in sorted((root / "episodes" / gone).iterdir(), reverse=True):
        path.unlink()
    (root / "episodes" / gone).rmdir()
    result = play(suite, "hold", executor=executor, watchers=[counter])
    assert counter.ran == [gone]
    assert counter.to_do == 1
    assert result.summary["missing"] == 0
    assert counter.told[0] == "started"
    assert counter.told[-1] == "ended"


@pytest.mark.parametrize("damage", ["episode.json", "steps.parquet", "SHA256SUMS"])
def test_a_damaged_episode_is_put_aside_and_run_again(
    play: Callable[..., Any], toys: Callable[..., Suite], counter: Counter, step_bytes: Callable[..., Any], damage: str
):
    suite = toys(3)
    root = play(suite, "noisy-expert").root
    before = step_bytes(root)
    broken = suite.scenarios[2].id
    (root / "episodes" / broken / damage).write_bytes(b"\x00\xff")
    play(suite, "noisy-expert", watchers=[counter])
    assert counter.ran == [broken]
    assert len(counter.notes) == 1
    assert f"damaged episode set aside and run again: {broken}/" in counter.notes[0]
    assert (root / "quarantine" / f"{broken}-0" / "WHY.txt").is_file()
    assert (root / "quarantine" / f"{broken}-0" / damage).read_bytes() == b"\x00\xff"
    assert step_bytes(root) == before


def test_nothing_to_do(play: Callable[..., Any], toys: Callable[..., Suite], counter: Counter):
    play(toys(2), "hold")
    result = play(toys(2), "hold", watchers=[counter])
    assert counter.ran == []
    assert result.summary["overall"]["episodes"] == 2


def test_another_suite_or_config_is_refused(play: Callable[..., Any], toys: Callable[..., Suite]):
    play(toys(2), "hold")
    for suite, agent, given, key in (
        (toys(3), "hold", [], "suite.hash"),
        (toys(2), "expert", [], "agent.name"),
        (toys(2), "hold", ["seed=4"], "seed"),
        (toys(2), "hold", ["actions=clip"], "clip"),
        (toys(2), "hold", ["record=light"], "record.videos"),
    ):
        with pytest.raises(StoreError, match=f"holds another run: .*{key} was"):
            play(suite, agent, *given)


def test_order_limit_and_tags_are_no_other_run(play: Callable[..., Any], toys: Callable[..., Suite]):
    suite = toys(3)
    play(suite, "hold")
    play(
        suite.model_copy(update={"scenarios": suite.scenarios[::-1], "description": "the other way round"}),
        "hold",
        "retries=4",
        executor="process",
    )


def test_workers_keep_their_environments_alive(play: Callable[..., Any], toys: Callable[..., Suite]):
    """Making one is slow: it happens once a worker, not once a scenario."""
    suite = toys(6, env=MISBEHAVING, kwargs={"fault": "note", "phase": "make"})
    root = play(suite, "hold", "executor.workers=1", executor="process").root
    assert (root / "logs" / "worker-0.log").read_text().count("about to note") == 1


def test_run_json_holds_the_whole_config(play: Callable[..., Any], toys: Callable[..., Suite]):
    manifest = RunStore.read(play(toys(1), "noisy-expert", "retries=3", "agent.noise=0.7").root).manifest()
    assert manifest["config"]["retries"] == 3
    assert manifest["config"]["agent"]["noise"] == 0.7
    assert manifest["config"]["record"]["videos"] == "none"
    assert manifest["suite"]["hash"] == toys(1).hash


def test_threads_are_shared_out_among_workers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("LP_NUM_THREADS", "3")
    given = thread_environment(10_000)
    assert given["OMP_NUM_THREADS"] == "1"
    assert given["LP_NUM_THREADS"] == "3"  # the user's word counts
