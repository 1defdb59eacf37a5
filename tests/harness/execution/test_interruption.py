"""A run that is interrupted, killed, or robbed of a worker: no half episode, and the same command completes it. All with the real command in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.store import RunStore, verify_episode
from tests.harness.conftest import GAUNTLET
from tests.harness.misbehaving import MISBEHAVING
from tests.listening import listen

EPISODES, FREE = 7, 3
"""so many episodes there are, and so many of them run before the file ``go`` exists: where a run stands when it is hit is no matter of luck"""
PATIENCE = 120.0
"""seconds to wait for something to happen on a busy machine; it takes a few"""

SUITE = f"""
name: toy/gated
common: {{max_steps: 3, env: "{MISBEHAVING}", kwargs: {{gate: go, free: {FREE}}}}}
entries:
  - axes: [{{key: seed, range: [{EPISODES}]}}]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "results" / "run"


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``start(*overrides)``: the run, begun, in a session of its own (so that a signal to its group reaches it alone)."""
    (tmp_path / "gated.yaml").write_text(SUITE)
    begun: list[subprocess.Popen[str]] = []

    def begin(*overrides: str) -> subprocess.Popen[str]:
        command = [GAUNTLET, "run", "suite=gated.yaml", "agent=hold", "record=none", "name=run", *overrides]
        run = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=listen,
        )
        begun.append(run)
        return run

    yield begin
    for run in begun:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()


def wait_for(what: Callable[[], Any], run: subprocess.Popen[str]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        if run.poll() is not None:
            raise AssertionError(f"the run ended early: {run.communicate()}")
        time.sleep(0.02)
    raise AssertionError("it never happened")


def done(root: Path) -> set[str]:
    return {path.name for path in root.glob("episodes/[0-9a-f]*")}


def finish(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = run.communicate(timeout=PATIENCE)
    return run.returncode, out, err


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def workers_of(pid: int) -> list[int]:
    """Its worker processes, once they run Python of ours (a spawned process that has its log open has settled in)."""
    found = []
    for child in children_of(pid):
        try:
            if "/logs/worker-" in os.readlink(f"/proc/{child}/fd/1"):
                found.append(child)
        except OSError:
            continue
    return found


def times(root: Path) -> dict[str, int]:
    return {name: (root / "episodes" / name / "episode.json").stat().st_mtime_ns for name in done(root)}


@pytest.fixture
def go(tmp_path: Path) -> Callable[[], None]:
    """Lets the other episodes run."""
    return (tmp_path / "go").touch


@pytest.mark.parametrize(("executor", "to"), [("inline", "group"), ("process", "process"), ("process", "group")])
def test_ctrl_c_and_the_same_command_again(start: Callable[..., Any], go: Callable[[], None], root: Path, executor: str, to: str):
    """To the process alone (kill -INT) and to the whole group (Ctrl-C on a terminal)."""
    given = [f"executor={executor}", *(["executor.workers=2"] if executor == "process" else [])]
    run = start(*given)
    wait_for(lambda: len(done(root)) == FREE, run)
    os.kill(run.pid, signal.SIGINT) if to == "process" else os.killpg(run.pid, signal.SIGINT)
    code, out, err = finish(run)
    assert code == 130, err
    assert "the same command resumes" in err
    assert "Traceback" not in err
    before = done(root)
    assert len(before) == FREE
    for name in before:
        verify_episode(root / "episodes" / name)
    assert [path.name for path in (root / "episodes").iterdir() if path.name.startswith(".")] == []
    assert json.loads((root / "summary.json").read_text())["missing"] == EPISODES - len(before)
    assert f"{EPISODES - len(before)} of {EPISODES} scenarios have no result yet" in out

    stamps = times(root)
    go()
    code, _, err = finish(start(*given))
    assert code == 0, err
    assert f"{EPISODES - len(before)} episodes to run, {len(before)} done before" in err
    assert len(done(root)) == EPISODES
    assert {name: time for name, time in times(root).items() if name in before} == stamps  # they were not run again
    assert RunStore.read(root).manifest()["sessions"] == 2


def test_ctrl_c_while_the_agent_loads(start: Callable[..., Any], root: Path, tmp_path: Path):
    mark = tmp_path / "loading"
    (tmp_path / "agent.yaml").write_text(f"_target_: tests.harness.misbehaving.MisbehavingAgent\nfault: hang\nwhere: init\nonce: {mark}\n")
    run = start("agent=agent.yaml")
    wait_for(mark.exists, run)
    os.killpg(run.pid, signal.SIGINT)
    code, _, err = finish(run)
    assert code == 130, err
    assert "Traceback" not in err


def test_a_killed_worker_costs_one_attempt(start: Callable[..., Any], go: Callable[[], None], root: Path):
    run = start("executor=process", "executor.workers=2")
    wait_for(lambda: len(done(root)) == FREE, run)
    os.kill(workers_of(run.pid)[0], signal.SIGKILL)
    go()
    code, _, err = finish(run)
    assert code == 0, err
    assert "killed by SIGKILL" in err
    attempts = sorted(e.attempts for _, e in RunStore.read(root).read_episodes())
    assert attempts == [1] * (EPISODES - 1) + [2]


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_a_killed_run_leaves_no_process_and_resumes(start: Callable[..., Any], go: Callable[[], None], root: Path, executor: str):
    given = [f"executor={executor}", *(["executor.workers=2"] if executor == "process" else [])]
    run = start(*given)
    wait_for(lambda: len(done(root)) == FREE, run)
    workers = workers_of(run.pid)
    assert executor == "inline" or workers
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    before = done(root)
    for name in before:
        verify_episode(root / "episodes" / name)
    stamps = times(root)
    go()
    code, _, err = finish(start(*given))
    assert code == 0, err
    assert len(done(root)) == EPISODES
    assert {name: time for name, time in times(root).items() if name in before} == stamps
    assert [path.name for path in (root / "episodes").iterdir() if path.name.startswith(".")] == []


def test_terminated_like_killed(start: Callable[..., Any], go: Callable[[], None], root: Path):
    """What a batch system does before it kills."""
    run = start("executor=process", "executor.workers=2")
    wait_for(lambda: len(done(root)) == FREE, run)
    os.kill(run.pid, signal.SIGTERM)
    run.communicate(timeout=PATIENCE)
    go()
    assert finish(start("executor=process", "executor.workers=2"))[0] == 0


def test_two_runs_at_once(start: Callable[..., Any], go: Callable[[], None], root: Path):
    first = start("executor=inline")
    wait_for(lambda: len(done(root)) == FREE, first)
    code, out, err = finish(start("executor=inline"))
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "is being written by another run" in err
    go()
    assert finish(first)[0] == 0
    assert len(done(root)) == EPISODES
