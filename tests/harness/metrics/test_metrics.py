"""Each metric: its value, and the episodes to which it does not apply."""

from __future__ import annotations

from typing import Any

import pytest

from harness.episode import Episode, EpisodeError, Timing
from harness.metrics import METRICS, evaluate_metrics
from harness.scenario import Scenario

LAYERS: dict[str, float | None] = {
    "grounding_point": 0.8,
    "grounding_point_first": 1.0,
    "grounding_iou": 0.4,
    "grounding_iou_first": 0.3,
    "subtask": 0.6,
    "text_action": 0.7,
}
SCENARIO = Scenario(env="toy/Bare-v0", max_steps=40)


def episode(**fields: Any) -> Episode:
    base: dict[str, Any] = {"scenario_id": SCENARIO.id, "scenario": SCENARIO, "agent": "tester", "agent_seed": 0, "outcome": "failure"}
    return Episode(**{**base, **fields})


RUN = episode(
    success_last=False,
    success_any=True,
    first_success_step=12,
    steps=20,
    progress=0.25,
    subgoal_steps={"reached": 3, "grasped": 9, "placed": None, "left": 0},
    layers=LAYERS,
    control_hz=5.0,
    timing=Timing(
        make=100.0,
        reset=50.0,
        act=2.0,
        step=1.0,
        render=0.5,
        record=0.5,
        total=154.0,
        stages={"encode": 0.6, "act": 0.9, "infer": 7.0},
        decisions=5,
    ),
)
ERROR = episode(
    outcome="error",
    steps=4,
    control_hz=5.0,
    subgoal_steps={"reached": 1},
    timing=Timing(act=2.0, step=1.0, stages={"encode": 1.0}, decisions=1),
    error=EpisodeError(kind="WorkerLost", phase="step", step=4, message="killed"),
)

VALUES = {
    "success_last": 0.0,
    "success_any": 1.0,
    "progress": 0.25,
    "subgoals": 0.75,
    "steps": 20,
    "steps_to_success": 12,
    "act_seconds": 0.1,
    "think_seconds": 0.3,  # infer is the sum as the client saw it, not one more stage
    **LAYERS,
    "real_time_factor": 1.0,  # 20 steps at 5 Hz in 4 s of the loop
}


def test_every_metric_is_tested_here():
    assert set(VALUES) == set(METRICS)


@pytest.mark.parametrize("name", VALUES)
def test_value(name: str):
    value = METRICS[name](RUN)
    assert value.valid
    assert value.value == pytest.approx(VALUES[name])


@pytest.mark.parametrize("name", VALUES)
def test_an_errored_episode_has_no_value(name: str):
    assert not METRICS[name](ERROR).valid


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("subgoals", {"subgoal_steps": {}}),
        ("steps_to_success", {"first_success_step": None}),
        ("think_seconds", {"timing": Timing(stages={"infer": 1.0}, decisions=1)}),
        ("think_seconds", {"timing": Timing()}),
        ("real_time_factor", {"control_hz": None}),
        ("real_time_factor", {"timing": Timing()}),
        ("act_seconds", {"steps": 0}),
        ("subtask", {"layers": {}}),
        ("grounding_iou", {"layers": {"grounding_iou": None}}),
    ],
)
def test_what_does_not_apply_is_not_zero(name: str, without: dict[str, Any]):
    assert not METRICS[name](RUN.model_copy(update=without)).valid


def test_success_at_step_zero_is_an_answer():
    assert METRICS["steps_to_success"](RUN.model_copy(update={"first_success_step": 0})).valid


def test_descriptions():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.description
        assert metric.rate == (name in ("success_last", "success_any"))
    assert set(evaluate_metrics(RUN)) == set(METRICS)
