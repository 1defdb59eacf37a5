"""Two worker processes against one. Both pools stay alive and take turns, so start-up does not count and a busy minute hits both."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.execution.job import Job, JobDone, WorkerSetup
from harness.execution.process import ProcessExecutor
from harness.execution.runner import DEFAULT_TIMEOUTS, TICK_SECONDS
from harness.execution.worker import thread_environment
from harness.recording.recorder import RecordConfig
from harness.scenario import Scenario
from tests.benchmarks.episodes import LIGHT, NO_VIDEO, run_folder, setup
from tests.benchmarks.measurement import Measurement, repeat

EPISODES = 48
EXPERT = {"name": "expert", "_target_": "agents.baselines.expert.ExpertAgent"}


class Pool:
    """Worker processes as a run has them, driven round by round."""

    def __init__(self, workers: int, root: Path, record: RecordConfig, environ: Mapping[str, str] | None = None) -> None:
        self._record = record
        self._executor = ProcessExecutor(workers)
        threads = thread_environment(workers) if environ is None else dict(environ)
        self._setup: WorkerSetup = replace(setup(root, record, EXPERT), environ=threads)
        self._executor.start(self._setup, dict(DEFAULT_TIMEOUTS))
        self._workers: list[Any] = [self._executor.worker(index) for index in range(workers)]

    def episodes_per_minute(self, scenarios: Sequence[Scenario]) -> float:
        """Over one round, from the first job to the last result: the last worker's idle end counts."""
        queue, running = deque(scenarios), set[int]()
        began = perf_counter()
        while queue or running:
            for index, worker in enumerate(self._workers):
                if queue and index not in running:
                    worker.assign(Job(queue.popleft(), 1, self._record.videos != "none"))
                    running.add(index)
            self._executor.wait([self._workers[index] for index in running], TICK_SECONDS)
            for index in list(running):
                result = self._workers[index].poll()
                if result is not None:
                    assert isinstance(result, JobDone), result
                    running.remove(index)
        return 60.0 * len(scenarios) / (perf_counter() - began)

    def close(self) -> None:
        for worker in self._workers:
            worker.close()
        self._executor.close()


def measure(repetitions: int) -> list[Measurement]:
    return [m for name, record in (("record=none", NO_VIDEO), ("record=light", LIGHT)) for m in _compare(name, record, repetitions)]


def _compare(name: str, record: RecordConfig, repetitions: int) -> list[Measurement]:
    scenarios = [Scenario(env="tabletop/PutOn-v0", seed=1_000_000 + k, max_steps=80, stop_after_success=5) for k in range(EPISODES)]
    with run_folder() as one_root, run_folder() as two_root:
        one, two = Pool(1, one_root, record), Pool(2, two_root, record)
        try:

            def once() -> dict[str, float]:
                alone, together = one.episodes_per_minute(scenarios), two.episodes_per_minute(scenarios)
                return {"one": alone, "two": together, "ratio": together / alone}

            found, load = repeat(repetitions, once)
        finally:
            one.close()
            two.close()
    note = f"rounds of {EPISODES} episodes, pools alive and taking turns"
    return [
        Measurement("scaling", f"one process worker, {name}", "episodes/min", tuple(found["one"]), load, note=note),
        Measurement("scaling", f"two process workers, {name}", "episodes/min", tuple(found["two"]), load, note=note),
        Measurement("scaling", f"two against one, {name}", "x", tuple(found["ratio"]), load, 1.6, note=note),
    ]
