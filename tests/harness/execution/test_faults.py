"""Workers that crash, hang or raise: each costs its episode and nothing else.

Watchdogs are set short (2 s) where something hangs for ever; nothing here depends on how fast the machine is, since what does not hang takes milliseconds.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.episode import Episode
from harness.errors import GauntletError
from harness.execution.runner import ERRORS_IN_A_ROW
from harness.scenario import Scenario
from harness.suite import Suite
from tests.harness.conftest import TOY
from tests.harness.misbehaving import MISBEHAVING

AGENT = {"name": "misbehaving", "_target_": "tests.harness.misbehaving.MisbehavingAgent"}
GOOD = Scenario(env=TOY, seed=100, max_steps=5, tags={"task": "good"})


def bad(**kwargs: Any) -> Scenario:
    return Scenario(env=MISBEHAVING, kwargs=kwargs, max_steps=5, tags={"task": "bad"})


def suite(*scenarios: Scenario) -> Suite:
    return Suite(name="toy/faults", scenarios=scenarios)


class Listener:
    """Notes what a run tells."""

    def __init__(self) -> None:
        self.retried: list[tuple[str, str]] = []
        self.finished_: list[Episode] = []
        self.interrupted: bool | None = None

    def started(self, plan: Any, done: Sequence[Episode], to_do: int, notes: Sequence[str]) -> None:
        self.done, self.to_do, self.notes = list(done), to_do, list(notes)

    def finished(self, episode: Episode, root: Path) -> None:
        self.finished_.append(episode)

    def retrying(self, job: Any, error: Any) -> None:
        self.retried.append((job.scenario.id, error.kind))

    def tick(self, workers: Any) -> None: ...

    def ended(self, interrupted: bool) -> None:
        self.interrupted = interrupted


@pytest.fixture
def listener() -> Listener:
    return Listener()


# A fault that stays: recorded as an error, with phase and step, after all attempts


@pytest.mark.parametrize(
    ("fault", "phase", "words"),
    [
        ("exit", "make", "exited with code 7"),
        ("segfault", "step", "killed by SIGSEGV"),
        ("kill", "reset", "killed by SIGKILL"),
    ],
)
def test_a_crash_is_an_error_with_its_log(
    play: Callable[..., Any], episodes: Callable[..., Any], listener: Listener, fault: str, phase: str, words: str
):
    broken = bad(fault=fault, phase=phase)
    result = play(suite(broken, GOOD), "hold", "executor.workers=1", "retries=2", executor="process", watchers=[listener])
    assert result.errors == 1
    found = episodes(result.root)
    assert found[GOOD.id].outcome == "failure"
    episode = found[broken.id]
    assert episode.outcome == "error"
    assert episode.success_last is episode.success_any is episode.progress is None
    assert (episode.error.kind, episode.error.phase, episode.error.step) == ("WorkerLost", phase, 3 if phase == "step" else 0)
    assert words in episode.error.message
    assert f"about to {fault}" in episode.error.traceback
    assert fault != "segfault" or "Segmentation fault" in episode.error.traceback
    assert episode.attempts == 3
    assert [e.kind for e in episode.failed_attempts] == ["WorkerLost"] * 2
    assert listener.retried == [(broken.id, "WorkerLost")] * 2
    assert [path.name for path in (result.root / "episodes").iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("phase", ["make", "reset", "step"])
def test_a_hanging_environment(play: Callable[..., Any], episodes: Callable[..., Any], phase: str):
    broken = bad(fault="hang", phase=phase)
    seconds = 6 if phase == "make" else 2  # making includes the start of the worker's process
    given = ["executor.workers=2", f"timeouts.{phase}={seconds}", "retries=0"]
    result = play(suite(broken, GOOD), "hold", *given, executor="process")
    found = episodes(result.root)
    assert found[GOOD.id].outcome == "failure"
    error = found[broken.id].error
    assert (error.kind, error.phase, error.step) == ("PhaseTimeout", phase, 3 if phase == "step" else 0)
    assert error.message == f"{phase} took longer than {seconds} s"


def test_a_hanging_agent_is_tried_again(play: Callable[..., Any], episodes: Callable[..., Any], listener: Listener):
    result = play(
        suite(GOOD),
        {**AGENT, "fault": "hang"},
        "timeouts.act=2",
        "retries=1",
        "executor.workers=1",
        executor="process",
        watchers=[listener],
    )
    episode = episodes(result.root)[GOOD.id]
    assert (episode.error.kind, episode.error.phase, episode.error.step) == ("PhaseTimeout", "act", 2)
    assert episode.attempts == 2
    assert len(listener.retried) == 1


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_an_exception_is_an_error_with_its_traceback(play: Callable[..., Any], episodes: Callable[..., Any], executor: str):
    broken = bad(fault="raise")
    result = play(suite(broken, GOOD), "hold", "retries=1", executor=executor)
    found = episodes(result.root)
    error = found[broken.id].error
    assert (error.kind, error.phase, error.step, error.message) == ("DeliberateError", "step", 3, "as the test wished")
    assert "misbehaving.py" in error.traceback
    assert "Traceback" in error.traceback
    assert found[broken.id].attempts == 2
    assert found[GOOD.id].outcome == "failure"


def test_a_broken_action_is_not_tried_again(play: Callable[..., Any], episodes: Callable[..., Any], listener: Listener):
    """The same seed would break it again."""
    agent = {"name": "nan", "_target_": "tests.harness.misbehaving.NotANumberAgent", "at": 3}
    result = play(suite(GOOD), agent, "retries=3", watchers=[listener])
    episode = episodes(result.root)[GOOD.id]
    assert episode.attempts == 1
    assert listener.retried == []
    assert episode.error.kind == "AgentError"
    assert "agent nan, step 3" in episode.error.message


# A fault that passes: the episode is tried again and counts like any other


@pytest.mark.parametrize("fault", ["exit", "segfault", "raise"])
def test_a_passing_fault_costs_one_attempt(
    play: Callable[..., Any], episodes: Callable[..., Any], tmp_path: Path, step_bytes: Any, fault: str
):
    broken = bad(fault=fault, once=str(tmp_path / "happened"))
    result = play(suite(broken, GOOD), "expert", "executor.workers=1", executor="process")
    assert (tmp_path / "happened").exists()
    assert result.errors == 0
    episode = episodes(result.root)[broken.id]
    assert episode.attempts == 2
    assert len(episode.failed_attempts) == 1
    again = play(suite(broken, GOOD), "expert", "name=undisturbed")  # and it is the episode that would have been
    assert step_bytes(result.root) == step_bytes(again.root)


def test_inline_a_passing_fault_costs_one_attempt(play: Callable[..., Any], episodes: Callable[..., Any], tmp_path: Path):
    broken = bad(fault="raise", once=str(tmp_path / "happened"))
    result = play(suite(broken, GOOD), "hold")
    assert result.errors == 0
    assert episodes(result.root)[broken.id].attempts == 2


@pytest.mark.parametrize(("fault", "phase"), [("hang", "make"), ("hang", "reset"), ("hang", "step")])
def test_inline_watchdog(play: Callable[..., Any], episodes: Callable[..., Any], fault: str, phase: str):
    broken = bad(fault=fault, phase=phase)
    before = signal.getsignal(signal.SIGALRM)
    result = play(suite(broken, GOOD), "hold", f"timeouts.{phase}=0.5", "retries=0")
    error = episodes(result.root)[broken.id].error
    assert (error.kind, error.phase, error.step) == ("PhaseTimeout", phase, 3 if phase == "step" else 0)
    assert episodes(result.root)[GOOD.id].outcome == "failure"
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_in_a_thread_there_is_no_watchdog_but_all_else(play: Callable[..., Any]):
    """Signals reach the main thread alone; a notebook or a server may run from another."""
    with ThreadPoolExecutor(1) as threads:
        result = threads.submit(play, suite(bad(fault="raise"), GOOD), "hold", "retries=0").result()
    assert result.errors == 1
    assert result.summary["overall"]["episodes"] == 2


# Errors in the results


def test_errors_are_neither_success_nor_failure(play: Callable[..., Any]):
    result = play(suite(bad(fault="raise"), GOOD), "expert", "retries=0")
    overall = result.summary["overall"]
    assert (overall["episodes"], overall["errors"]) == (2, 1)
    assert overall["success"]["n"] == 1
    assert result.summary["tasks"]["bad"]["success"]["n"] == 0


def test_errored_episodes_are_tried_again_by_the_next_run(
    play: Callable[..., Any], episodes: Callable[..., Any], tmp_path: Path, listener: Listener
):
    broken = bad(fault="raise", once=str(tmp_path / "happened"))
    assert play(suite(broken, GOOD), "hold", "retries=0").errors == 1
    result = play(suite(broken, GOOD), "hold", "retries=0", watchers=[listener])
    assert result.errors == 0
    assert [e.scenario_id for e in listener.done] == [GOOD.id]
    assert listener.notes == ["1 errored episode of an earlier session will be tried again"]
    assert episodes(result.root)[broken.id].outcome == "failure"


def test_many_errors_in_a_row_end_the_run(play: Callable[..., Any], episodes: Callable[..., Any], tmp_path: Path):
    scenarios = [Scenario(env=MISBEHAVING, kwargs={"fault": "raise"}, seed=seed, max_steps=5) for seed in range(ERRORS_IN_A_ROW + 3)]
    with pytest.raises(GauntletError, match=rf"{ERRORS_IN_A_ROW} scenarios in a row .*as the test wished"):
        play(suite(*scenarios), "hold", "retries=0")
    assert len(episodes(tmp_path / "run")) == ERRORS_IN_A_ROW


def test_a_success_between_errors_keeps_the_run_going(play: Callable[..., Any]):
    broken = [Scenario(env=MISBEHAVING, kwargs={"fault": "raise"}, seed=seed, max_steps=5) for seed in range(ERRORS_IN_A_ROW + 2)]
    result = play(suite(*broken[:5], GOOD, *broken[5:]), "hold", "retries=0")
    assert result.errors == ERRORS_IN_A_ROW + 2


def test_an_agent_that_cannot_be_made_ends_the_run_at_once(play: Callable[..., Any], episodes: Callable[..., Any], tmp_path: Path):
    for executor in ("inline", "process"):
        with pytest.raises(GauntletError, match=r"could not be made: DeliberateError: as the test wished"):
            play(suite(GOOD), {**AGENT, "fault": "raise", "where": "init"}, f"name={executor}", executor=executor)
        assert episodes(tmp_path / executor) == {}


# Nothing is left behind


def children() -> set[int]:
    """Processes whose parent is this one, zombies too."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(stat.parent.name))
    return found


@pytest.mark.parametrize("agent", ["hold", "policy"])
def test_no_process_is_left_behind(play: Callable[..., Any], tmp_path: Path, agent: str):
    policy = {
        "name": "s",
        "_target_": "tests.harness.misbehaving.SamplingAgent",
        "policy": {"_target_": "tests.harness.misbehaving.SamplingPolicy"},
    }
    play(suite(GOOD), "hold", "name=first", executor="process")  # starts multiprocessing's own helper, which stays
    before = children()
    given = ["executor.workers=2", "timeouts.step=2", "retries=0"]
    play(suite(bad(fault="exit"), bad(fault="hang"), GOOD), policy if agent == "policy" else "hold", *given, executor="process")
    deadline = time.monotonic() + 30
    while children() - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert children() - before == set()


def programs_of(folder: Path) -> list[str]:
    """Command lines that name the folder: ffmpeg's do."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"{folder}/" in line and ".mp4" in line:
            found.append(line)
    return found


@pytest.mark.parametrize("fault", ["kill", "hang", "raise"])
def test_no_encoder_is_left_behind(play: Callable[..., Any], tmp_path: Path, fault: str):
    given = ["record=light", "executor.workers=1", "timeouts.step=2", "retries=0"]
    result = play(suite(bad(fault=fault), GOOD), "hold", *given, executor="process")
    assert result.errors == 1
    deadline = time.monotonic() + 60
    while programs_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert programs_of(tmp_path) == []
    assert len(list(result.root.glob("episodes/*/*.mp4"))) == 1
