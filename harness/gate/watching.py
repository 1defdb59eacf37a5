"""Stops a run as soon as the sequential test has decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.compare.run_table import EpisodeRow, RunTable
from harness.episode import Episode, EpisodeError
from harness.execution.job import Job
from harness.execution.runner import RunPlan, Watcher, run
from harness.execution.worker import Executor
from harness.gate.rule import GateRule
from harness.gate.sequential import SequentialState, finished_pairs, look
from harness.success_rule import SuccessRule
from harness.suite import Suite


class SequentialWatcher:
    """A watcher of the runner. ``state`` is where the test stands; once it is decided, the run is interrupted as by Ctrl-C: what is finished is kept, and the same command goes on with the rest."""

    def __init__(self, baseline: RunTable, rule: GateRule) -> None:
        self.baseline, self.rule = baseline, rule
        self.success: SuccessRule = rule.success or baseline.success_rule
        self._rows: dict[str, EpisodeRow] = {}
        self.state: SequentialState = self._look()

    def _look(self) -> SequentialState:
        pairs, planned = finished_pairs(RunTable("", {}, self._rows), self.baseline, self.success)
        wanted = self.rule.sequential
        return look(pairs, planned, wanted.alpha, self.rule.tolerance, wanted.stop_on_pass)

    def started(self, plan: RunPlan, done: Sequence[Episode], to_do: int, notes: Sequence[str]) -> None:
        for episode in done:
            self._note(episode)
        self._decide()

    def finished(self, episode: Episode, root: Path) -> None:
        self._note(episode)
        self._decide()

    def retrying(self, job: Job, error: EpisodeError) -> None:
        pass

    def tick(self, workers: Sequence[Any]) -> None:
        pass

    def ended(self, interrupted: bool) -> None:
        pass

    def _note(self, episode: Episode) -> None:
        self._rows[episode.scenario_id] = EpisodeRow(
            episode.scenario_id, episode.scenario.task, episode.outcome, episode.success_last, episode.success_any
        )

    def _decide(self) -> None:
        self.state = self._look()
        if self.state.ruling != "go on":
            raise KeyboardInterrupt


def run_until_decided(plan: RunPlan, executor: Executor, watcher: SequentialWatcher, others: Sequence[Watcher] = ()) -> bool:
    """Run the plan in the order of the ids until ``watcher`` has decided or all is done. Whether a person interrupted it."""
    try:
        played = run(replace(plan, suite=in_order_of_ids(plan.suite)), executor, [*others, watcher])
        return played.interrupted and watcher.state.ruling == "go on"
    except KeyboardInterrupt:  # decided by what an earlier session had finished
        if watcher.state.ruling == "go on":
            raise
        return False


def in_order_of_ids(suite: Suite) -> Suite:
    """The suite with its scenarios in the order in which the sequential test takes them."""
    fields = {name: getattr(suite, name) for name in Suite.model_fields}
    return Suite(**{**fields, "scenarios": tuple(sorted(suite.scenarios, key=lambda scenario: scenario.id))})
