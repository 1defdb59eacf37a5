"""What the runner asks of a worker, whichever executor made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.execution.job import Job, JobResult, WorkerSetup


@dataclass(frozen=True)
class WorkerLost:
    """The worker is gone: killed, crashed. ``why`` for people, with the end of its log."""

    why: str
    log: str = ""


@dataclass(frozen=True)
class PhaseNow:
    """What a worker is doing, since when (seconds), at which control step."""

    name: str
    seconds: float
    step: int


class Worker(Protocol):
    """Runs one job at a time."""

    name: str

    def assign(self, job: Job) -> None: ...

    def poll(self) -> JobResult | WorkerLost | None:
        """What became of the job; None while it runs."""
        ...

    def phase(self) -> PhaseNow: ...

    def kill(self) -> None:
        """Make it stop now, whatever it is doing."""
        ...

    def close(self) -> None:
        """Let an idle worker go."""
        ...


class Executor(Protocol):
    """Makes workers. One run has one executor."""

    name: str
    size: int

    def start(self, setup: WorkerSetup, timeouts: dict[str, float]) -> dict[str, str]:
        """Get ready; returns the fingerprint of the agent's policy."""
        ...

    def worker(self, index: int) -> Worker:
        """A fresh worker for place ``index``."""
        ...

    def wait(self, workers: Sequence[Worker], seconds: float) -> None:
        """Sleep until a worker may have something to say, at most ``seconds``."""
        ...

    def close(self) -> None: ...


def thread_environment(workers: int) -> dict[str, str]:
    """Environment variables that keep ``workers`` processes from fighting over the cores: BLAS, OpenMP and lavapipe threads.

    One thread a worker beats one process with all threads by far for this work; LP_NUM_THREADS is lavapipe's rasteriser.
    """
    import os

    cores = len(os.sched_getaffinity(0))
    each = str(max(1, cores // max(1, workers)))
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS")
    return {name: os.environ.get(name, each) for name in names}
