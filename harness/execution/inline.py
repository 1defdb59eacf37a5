"""Everything in this process, one episode after another: for debugging, notebooks and agents that do not pickle."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from harness.agent import Agent
from harness.agent_maker import make_agent
from harness.execution.episode_runner import EpisodeRunner
from harness.execution.job import Job, JobResult, WorkerSetup
from harness.execution.worker import PhaseNow, Worker, WorkerLost


class PhaseTimeout(Exception):
    """A phase took longer than the run allows."""


class InlineExecutor:
    """``agent``: use this object instead of making one from the config; it stays the caller's, and is not closed.

    The watchdog is a timer signal: it interrupts Python code in the main thread, but not a call that never returns from C; the process executor can do that.
    """

    name = "inline"
    size = 1

    def __init__(self, agent: Agent | None = None) -> None:
        self._agent, self._ours = agent, agent is None

    def start(self, setup: WorkerSetup, timeouts: dict[str, float]) -> dict[str, str]:
        if self._agent is None:
            self._agent = make_agent(setup.agent)
        self._setup, self._timeouts = setup, timeouts
        return self._agent.fingerprint() if hasattr(self._agent, "fingerprint") else {}

    def worker(self, index: int) -> InlineWorker:
        return InlineWorker(self._setup, self._timeouts, self._agent)

    def wait(self, workers: Sequence[Worker], seconds: float) -> None:
        """Nothing runs by itself here: :meth:`InlineWorker.poll` does the work."""

    def close(self) -> None:
        if self._ours and self._agent is not None and hasattr(self._agent, "close"):
            self._agent.close()


class InlineWorker:
    name = "inline"

    def __init__(self, setup: WorkerSetup, timeouts: dict[str, float], agent: Agent | None) -> None:
        self._runner = EpisodeRunner(setup, phase=self._enter)
        self._runner.agent = agent
        self._timeouts = timeouts
        self._job: Job | None = None
        self._now = ("make", monotonic(), 0)
        self._alarm = threading.current_thread() is threading.main_thread()
        self._log = logging.FileHandler(
            Path(setup.root) / "logs" / "inline.log", delay=True
        )  # tracebacks belong there, as a worker's do, and not among what the run says
        logging.getLogger("harness").addHandler(self._log)

    def assign(self, job: Job) -> None:
        self._job = job

    def poll(self) -> JobResult | WorkerLost | None:
        if self._job is None:
            return None
        job, self._job = self._job, None
        if not self._alarm:
            return self._runner.run(job)
        before = signal.signal(signal.SIGALRM, self._time_out)
        try:
            return self._runner.run(job)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def phase(self) -> PhaseNow:
        name, since, step = self._now
        return PhaseNow(name, monotonic() - since, step)

    def kill(self) -> None:
        """The runner never gets here while a job runs: ``poll`` returns when it is over."""
        self.close()

    def close(self) -> None:
        logging.getLogger("harness").removeHandler(self._log)
        self._log.close()
        self._runner.envs.close()

    def _enter(self, name: str, step: int) -> None:
        self._now = (name, monotonic(), step)
        if self._alarm:
            signal.setitimer(signal.ITIMER_REAL, self._timeouts.get(name, 0.0))

    def _time_out(self, signum: int, frame: object) -> None:
        name, _, step = self._now
        raise PhaseTimeout(f"{name} took longer than {self._timeouts[name]:g} s at step {step}")
