"""Runs a suite: hands scenarios to workers, watches them, retries, records. Resume is running it again."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness import errors
from harness.episode import SCHEMA_VERSION, Episode, EpisodeError
from harness.errors import GauntletError, StoreError
from harness.execution.episode_runner import errored_episode
from harness.execution.job import Job, JobDone, JobFailed, WorkerSetup
from harness.execution.worker import Executor, PhaseNow, Worker, WorkerLost
from harness.metrics import METRICS_VERSION
from harness.recording.recorder import RecordConfig
from harness.scenario import Scenario
from harness.store import RunStore, write_episode
from harness.store.tables import write_tables
from harness.suite import Suite

TICK_SECONDS = 0.2
ERRORS_IN_A_ROW = 8
"""so many scenarios in a row without a result end the run: something is broken that no further episode will mend"""

DEFAULT_TIMEOUTS = {"make": 900.0, "reset": 300.0, "act": 300.0, "step": 120.0, "record": 300.0}


@dataclass(frozen=True)
class RunPlan:
    """What to run and how. ``agent`` is the agent's config; ``identity`` and ``facts`` go into run.json."""

    name: str
    root: Path
    suite: Suite
    agent: dict[str, Any]
    record: RecordConfig
    seed: int = 0
    clip: bool = False
    retries: int = 1
    timeouts: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_TIMEOUTS))
    environ: dict[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    env_cache: int = 2
    config: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResult:
    """``summary`` is that of ``root/summary.json``; ``interrupted`` by Ctrl-C; ``errors`` counts scenarios without a result."""

    root: Path
    summary: dict[str, Any]
    interrupted: bool
    errors: int


class Watcher(Protocol):
    """Is told how the run goes; the live display is one."""

    def started(self, plan: RunPlan, done: Sequence[Episode], to_do: int, notes: Sequence[str]) -> None: ...
    def finished(self, episode: Episode, root: Path) -> None: ...
    def retrying(self, job: Job, error: EpisodeError) -> None: ...
    def tick(self, workers: Sequence[tuple[str, Scenario | None, PhaseNow | None]]) -> None: ...
    def ended(self, interrupted: bool) -> None: ...


def run(plan: RunPlan, executor: Executor, watchers: Sequence[Watcher] = ()) -> RunResult:
    """Run every scenario of the plan that has no result yet.

    An attempt that crashes its worker, or overstays a phase, costs that episode only: it is tried ``plan.retries`` times more and then recorded with outcome *error*. Errored episodes of an earlier session are tried again.

    Raises:
        StoreError: the run folder cannot be used; ConfigError and its like: nothing of this run can work.
    """
    setup = WorkerSetup(
        root=str(plan.root.resolve()),
        agent=plan.agent,
        record=plan.record,
        seed=plan.seed,
        clip=plan.clip,
        success=plan.suite.success,
        env_cache=plan.env_cache,
        environ=plan.environ,
        paths=plan.paths,
    )
    store = RunStore(plan.root)
    store.open(_manifest(plan))
    try:
        store.confirm(executor.start(setup, plan.timeouts))
        return _Session(plan, setup, store, executor, watchers).run()
    finally:
        executor.close()
        store.close()


class _Session:
    def __init__(self, plan: RunPlan, setup: WorkerSetup, store: RunStore, executor: Executor, watchers: Sequence[Watcher]) -> None:
        self.plan, self.setup, self.store, self.executor, self.watchers = plan, setup, store, executor, watchers
        self.places: list[Worker | None] = [None] * executor.size
        self.jobs: dict[int, Job] = {}
        self.errors_in_a_row = 0

    def run(self) -> RunResult:
        plan = self.plan
        loaded = {s.id: self.store.load(s.id) for s in plan.suite.scenarios}
        done = [e for e in loaded.values() if e is not None and e.outcome != "error"]
        finished = {e.scenario_id for e in done}
        self.queue = deque(Job(s, 1, plan.record.films(s, plan.suite)) for s in plan.suite.scenarios if s.id not in finished)
        notes = [f"damaged episode set aside and run again: {why}" for why in self.store.quarantined]
        if again := sum(e is not None and e.outcome == "error" for e in loaded.values()):
            notes.append(f"{again} errored episode{'s' * (again > 1)} of an earlier session will be tried again")
        for watcher in self.watchers:
            watcher.started(plan, done, len(self.queue), notes)
        interrupted = False
        try:
            self._work()
        except KeyboardInterrupt:
            interrupted = True
        except GauntletError:
            with contextlib.suppress(StoreError):  # what there is can be looked at all the same; the first error is the one to tell
                write_tables(self.store, plan.suite.success)
            raise
        finally:
            self._dismiss(kill=bool(self.jobs))  # interrupted or given up: nobody waits for what is in flight
            self.store.sweep()
            for watcher in self.watchers:
                watcher.ended(interrupted)
        summary = write_tables(self.store, plan.suite.success)
        return RunResult(plan.root, summary, interrupted, summary["overall"]["errors"])

    def _work(self) -> None:
        while self.queue or self.jobs:
            for index in range(len(self.places)):
                if self.queue and index not in self.jobs:
                    self._assign(index, self.queue.popleft())
            busy = [worker for index, worker in enumerate(self.places) if index in self.jobs and worker is not None]
            self.executor.wait(busy, TICK_SECONDS)
            for index in list(self.jobs):
                self._look_after(index)
            status = [
                (w.name, self.jobs[i].scenario if i in self.jobs else None, w.phase() if i in self.jobs else None)
                for i, w in enumerate(self.places)
                if w is not None
            ]
            for watcher in self.watchers:
                watcher.tick(status)

    def _assign(self, index: int, job: Job) -> None:
        worker = self.places[index]
        if worker is None:
            worker = self.places[index] = self.executor.worker(index)
        self.jobs[index] = job
        worker.assign(job)

    def _look_after(self, index: int) -> None:
        worker, job = self.places[index], self.jobs[index]
        assert worker is not None
        result = worker.poll()
        if result is None:
            now = worker.phase()
            if now.seconds <= self.plan.timeouts.get(now.name, float("inf")):
                return
            result = JobFailed(
                EpisodeError(
                    kind="PhaseTimeout",
                    phase=now.name,
                    step=now.step,
                    message=f"{now.name} took longer than {self.plan.timeouts[now.name]:g} s",
                ),
                retry=True,
            )
            self._discard(index)
        elif isinstance(result, WorkerLost):
            now = worker.phase()
            error = EpisodeError(kind="WorkerLost", phase=now.name, step=now.step, message=result.why, traceback=result.log)
            result = JobFailed(error, retry=True)
            self._discard(index)
        elif isinstance(result, JobFailed) and result.spent:
            self._discard(index)
        del self.jobs[index]
        if isinstance(result, JobDone):
            self.store.commit(Path(result.folder), job.scenario.id)
            self.errors_in_a_row = 0
            self._tell(result.episode)
        else:
            self._failed(job, result)

    def _failed(self, job: Job, failed: JobFailed) -> None:
        if failed.fatal:
            raise getattr(errors, failed.error.kind, GauntletError)(failed.error.message)
        if failed.retry and job.attempt <= self.plan.retries:
            for watcher in self.watchers:
                watcher.retrying(job, failed.error)
            self.queue.appendleft(Job(job.scenario, job.attempt + 1, job.film, (*job.failed_attempts, failed.error)))
            return
        episode = errored_episode(job, self.setup, failed.error)
        try:
            folder = self.store.temporary(job.scenario.id, job.attempt)
            write_episode(folder, episode, None)
            self.store.commit(folder, job.scenario.id)
        except OSError as error:
            raise StoreError(
                f"{self.store.root}: {error.strerror or error}", "free some disk space, then run the same command again: it resumes"
            ) from None
        self._tell(episode)
        self.errors_in_a_row += 1
        if self.errors_in_a_row >= ERRORS_IN_A_ROW and self.queue:
            raise GauntletError(
                f"{self.errors_in_a_row} scenarios in a row ended in errors, the last with: {failed.error.message}",
                "mend it, then run the same command again: it resumes",
            )

    def _discard(self, index: int) -> None:
        worker, self.places[index] = self.places[index], None
        if worker is not None:
            worker.kill()

    def _dismiss(self, kill: bool) -> None:
        for worker in self.places:
            if worker is not None:
                worker.kill() if kill else worker.close()
        self.places = [None] * len(self.places)

    def _tell(self, episode: Episode) -> None:
        for watcher in self.watchers:
            watcher.finished(episode, self.plan.root)


def _manifest(plan: RunPlan) -> dict[str, Any]:
    suite = plan.suite
    return {
        "schema_version": SCHEMA_VERSION,
        "name": plan.name,
        "identity": {
            "suite": {"name": suite.name, "hash": suite.hash},
            "agent": plan.agent,
            "record": {"videos": plan.record.videos, "cameras": plan.record.cameras, "width": plan.record.width},
            "seed": plan.seed,
            "clip": plan.clip,
        },
        "suite": {
            "name": suite.name,
            "description": suite.description,
            "hash": suite.hash,
            "scenarios": len(suite.scenarios),
            "tasks": suite.tasks(),
            "success": suite.success,
            "aggregates": [aggregate.model_dump() for aggregate in suite.aggregates],
            "never_pool": suite.never_pool,
            "mixes": suite.mixes,
        },
        "agent": {"name": str(plan.agent.get("name", "agent")), "config": plan.agent},
        "scorer": {"gauntlet": METRICS_VERSION},
        "config": plan.config,
        **plan.facts,
    }
