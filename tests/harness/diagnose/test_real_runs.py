"""Diagnosis of what was really run: the simulator's truth, written by the runner, read from the folder alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from harness.agent import Agent
from harness.decision import Decision
from harness.diagnose import diagnose
from harness.environment import Observation
from harness.evaluation import evaluate
from harness.scenario import Scenario
from harness.suite import Suite
from harness.thought import Point, Thought
from tests.synthetic_runs import write_run


class PointsAtTheWall(Agent):
    """Stands still, and takes a corner of the picture for the object; sees no truth."""

    def act(self, observation: Observation) -> Decision:
        thought = Thought(points=(Point(2.0, 2.0, "source", "third_person"),))
        return Decision(np.zeros((1, *self.task.action_space.shape), np.float32), thought)


@pytest.mark.sim
def test_a_policy_that_looks_elsewhere_is_at_fault_in_its_grounding(tmp_path: Path) -> None:
    suite = Suite(
        name="tabletop/two",
        scenarios=tuple(Scenario(env="tabletop/PutOn-v0", seed=seed, max_steps=4, kwargs={"camera_size": 64}) for seed in (1, 2)),
    )
    result = evaluate(suite, PointsAtTheWall(), watchers=[], overrides=[f"results={tmp_path}", "name=run", "record=none"])
    reports = diagnose(result.root)
    assert len(reports) == 2
    for report in reports:
        assert (report.domain, report.mode, report.layer, report.layer_certain) == ("manipulation", "never_reached", "grounding", True)
        assert report.reasoning.facts["hits"] == 0.0
        assert report.correction.object == report.reasoning.facts["expected"]
        assert report.correction.object in report.correction.subtask  # the expert's words, from the truth
        assert report.efficiency.facts["nearest_m"] > 0.05


def test_the_toy_run_needs_no_domain(play: Callable[..., Any], toys: Callable[..., Suite]) -> None:
    reports = diagnose(play(toys(2), "hold").root)
    assert [(report.domain, report.mode) for report in reports] == [("other", "unexplained")] * 2


def test_another_file_system(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", 6, chance=0.0)
    fsspec.filesystem("memory").put(str(run), "/diagnosed/run", recursive=True)
    there = diagnose("memory://diagnosed/run")
    assert there == diagnose(run)
    assert len(there) == 6
