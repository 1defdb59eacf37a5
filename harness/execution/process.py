"""Worker processes: one simulator each, a policy shared by all.

Workers are spawned (a forked simulator would share its GPU context), stay alive across scenarios (the first environment of a process compiles shaders), and can be killed at any moment: only the episode in flight is lost.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import multiprocessing as mp
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from typing import Any

from harness.agent_maker import agent_fingerprint, has_policy
from harness.episode import PHASES
from harness.errors import GauntletError
from harness.execution.episode_runner import EpisodeRunner
from harness.execution.job import Job, JobResult, WorkerSetup
from harness.execution.worker import PhaseNow, Worker, WorkerLost

_SPAWN = mp.get_context("spawn")


class ProcessExecutor:
    """``workers`` processes. Where the agent has a policy it lives in one process of its own and answers batches (:mod:`harness.execution.policy_host`)."""

    name = "process"

    def __init__(self, workers: int = 2, max_batch: int | None = None) -> None:
        self.size = workers
        self.max_batch = max_batch
        self._host: Any = None

    def start(self, setup: WorkerSetup, timeouts: dict[str, float]) -> dict[str, str]:
        self._setup, self._timeouts = setup, timeouts
        if has_policy(setup.agent):
            from harness.execution.policy_host import PolicyHost

            self._host = PolicyHost(setup, self.max_batch, timeouts)
            return self._host.fingerprint
        return agent_fingerprint(setup.agent)

    def worker(self, index: int) -> ProcessWorker:
        if self._host is not None:
            self._host.revive()  # a worker is replaced because something went wrong; it may have been the policy
        address = self._host.address if self._host is not None else None
        return ProcessWorker(index, self._setup, address)

    def wait(self, workers: Sequence[Worker], seconds: float) -> None:
        pipes = [w.pipe for w in workers if isinstance(w, ProcessWorker)]
        wait(pipes, seconds)

    def close(self) -> None:
        if self._host is not None:
            self._host.close()


class ProcessWorker:
    """One process. ``pipe`` becomes readable when the job is done or the process is gone."""

    def __init__(self, index: int, setup: WorkerSetup, policy_address: str | None) -> None:
        self.name = f"worker {index}"
        self.log = Path(setup.root) / "logs" / f"worker-{index}.log"
        self.pipe, theirs = _SPAWN.Pipe()
        self._board = _SPAWN.RawArray(ctypes.c_double, 3)  # phase index, since (monotonic seconds, the same clock in all processes), step
        self._process = _SPAWN.Process(
            target=_work, args=(setup, policy_address, theirs, self._board, str(self.log)), name=self.name, daemon=True
        )
        start_with_environment(self._process, setup.environ)
        theirs.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def assign(self, job: Job) -> None:
        self._board[1:], self._board[0] = [monotonic(), 0.0], 0.0
        self._log_begin = self.log.stat().st_size if self.log.exists() else 0
        with contextlib.suppress(OSError):  # it died idle; poll will say so
            self.pipe.send(job)

    def poll(self) -> JobResult | WorkerLost | None:
        try:
            if self.pipe.poll():
                return self.pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)
            return self._lost()
        if not self._process.is_alive() and not self.pipe.poll():
            return self._lost()
        return None

    def phase(self) -> PhaseNow:
        index, (since, step) = self._board[0], self._board[1:]  # the phase first: a newer time beside it is harmless, an older one is not
        return PhaseNow(PHASES[int(index)], monotonic() - since, int(step))

    def _lost(self) -> WorkerLost:
        code, log = self._process.exitcode, log_tail(self.log, self._log_begin)
        said = log.splitlines()[-1].strip() if log and code and code > 0 else ""  # it left by itself: its last line says why
        return WorkerLost(exit_reason(code) + (f", saying: {said}" if said else ""), log)

    def kill(self) -> None:
        self._process.kill()
        self._process.join(10)
        self.pipe.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.pipe.send(None)
        self._process.join(5)
        self.kill()


def start_with_environment(process: Any, environ: dict[str, str]) -> None:
    """Start a process whose interpreter sees ``environ`` from its first instruction (thread counts are read when libraries load) and never Ctrl-C, which is the run's to handle."""
    before = {name: os.environ.get(name) for name in environ}
    os.environ.update(environ)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def settle_in(log: str | None, paths: Sequence[str]) -> None:
    """First things in a child process: die with the parent, leave Ctrl-C to it, write to the log, find the user's modules."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a killed run must not leave simulators behind
    if log is not None:
        log_to(log)
    find_modules(paths)


def log_to(path: str) -> None:
    """Send all that this process says to a file, a crash's traceback too."""
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    faulthandler.enable()


def log_tail(path: Path, begin: int = 0) -> str:
    """The end of a log, as far as there is one behind byte ``begin``."""
    try:
        return "\n".join(path.read_bytes()[begin:].decode(errors="replace").splitlines()[-40:])
    except OSError:
        return ""


def find_modules(paths: Sequence[str]) -> None:
    """Let this process import the user's modules."""
    sys.path += [path for path in paths if path not in sys.path]  # behind what is installed: a folder must not hide a package


def _work(setup: WorkerSetup, policy_address: str | None, pipe: Connection, board: Any, log: str) -> None:
    settle_in(log, setup.paths)
    policy = None
    if policy_address is not None:
        from harness.execution.policy_host import PolicyClient

        policy = PolicyClient(policy_address)

    def phase(name: str, step: int) -> None:
        board[1:], board[0] = (monotonic(), step), PHASES.index(name)  # the time first: see ProcessWorker.phase

    runner = EpisodeRunner(setup, policy, phase)
    try:
        while (job := pipe.recv()) is not None:
            pipe.send(runner.run(job))
    except (EOFError, BrokenPipeError):
        pass  # the run is gone
    finally:
        with contextlib.suppress(GauntletError):
            runner.close()


def exit_reason(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "its process stopped answering"
    if code < 0:
        return f"its process was killed by {signal.Signals(-code).name}"
    return f"its process exited with code {code}"
