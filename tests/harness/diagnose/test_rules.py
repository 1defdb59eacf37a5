"""The rules, on episodes whose failure is known because it was written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from harness.compare import EpisodeRow, RunTable
from harness.diagnose.diagnosis import domain, examine
from harness.diagnose.evidence import Evidence
from harness.diagnose.report import FailureReport
from harness.subtasks import same_plan
from tests.synthetic_runs import make_table

RUN: RunTable = make_table({"a": False}, "run")
STEPS = 40
FACTS = {"source": "red cube", "target": "blue plate", "distractors": ["green can"], "drawer": None}


def event(name: str, step: int, thing: str = "red cube") -> dict[str, Any]:
    return {"name": name, "step": step, "detail": {"object": thing}}


def states(gripper: Sequence[float], target: float = 0.3, grasped: Mapping[int, str] | None = None, **more: Any) -> list[dict[str, Any]]:
    """A truth a state: the gripper's distances, and who is held from which step on."""
    held, made = "", []
    for k in range(STEPS + 1):
        held = (grasped or {}).get(k, held)
        gap = gripper[min(k, len(gripper) - 1)]
        made.append(
            {
                "grasped": held,
                "touching": [],
                "distances": {"gripper_source": gap, "source_target": target},
                "expert_subtask": "reach the red cube",
            }
        )
    for key, value in more.items():
        for k, truth in enumerate(made):
            truth[key] = value(k)
    return made


def failed(
    truths: list[dict[str, Any]] | None = None,
    events: Sequence[dict[str, Any]] = (),
    progress: Any = None,
    facts: Mapping[str, Any] = FACTS,
    scores: Mapping[str, float] | None = None,
    anywhere: bool = False,
    **more: Any,
) -> FailureReport:
    import json

    values = {"steps": float(STEPS), "progress": 0.3, **{f"score.{k}": v for k, v in (scores or {}).items()}}
    text = {"facts": json.dumps(dict(facts)), "events": json.dumps(list(events)), "instruction": "put the red cube on the blue plate"}
    row = EpisodeRow("a", "put_on", "failure", False, anywhere, {}, values, (), text)
    curve = np.full(STEPS, 0.3) if progress is None else np.asarray(progress, float)
    success = more.pop("success", np.zeros(STEPS, bool))
    return examine(RUN, Evidence(row, truths or [], progress=curve, success=success, **more))


REACHED, GRASPED, LIFTED = event("reached", 8), event("grasped", 10), event("lifted", 12)


@pytest.mark.parametrize(
    ("mode", "step", "given"),
    [
        ("never_reached", 30, {"truths": states([0.5] * 30 + [0.2] + [0.4] * 10)}),
        ("reached_not_grasped", 8, {"truths": states([0.5, 0.04]), "events": [REACHED]}),
        ("grasped_wrong_object", 15, {"truths": states([0.5]), "events": [event("wrong_object", 15, "green can")]}),
        ("grasped_wrong_object", 7, {"truths": states([0.5], grasped={7: "green can"})}),
        ("slipped", 10, {"truths": states([0.04], grasped={10: "red cube", 12: ""}), "events": [REACHED, GRASPED]}),
        ("dropped", 20, {"truths": states([0.04], grasped={10: "red cube", 20: ""}), "events": [REACHED, GRASPED, LIFTED, event("dropped", 20)]}),
        ("placed_off_target", 25, {"truths": states([0.04], 0.09, {10: "red cube", 25: ""}), "events": [REACHED, GRASPED, LIFTED]}),
        ("timed_out", 40, {"truths": states([0.04], grasped={30: "red cube"}), "events": [REACHED, event("grasped", 30), event("lifted", 32)]}),
        ("timed_out", 40, {"truths": states([0.04], 0.03, {10: "red cube", 20: "", 30: "red cube", 40: ""}), "events": [REACHED, GRASPED, LIFTED, event("dropped", 20)]}),
        ("undid_subgoal", 31, {"truths": states([0.04], 0.02, {10: "red cube", 25: ""}), "events": [REACHED, GRASPED, LIFTED], "anywhere": True,
                               "success": np.arange(STEPS) == 29}),
        ("undid_subgoal", 14, {"truths": states([0.04]), "record": {"subgoal_steps": {"drawer_open": 14}, "subgoals": {"drawer_open": False}}}),
    ],
)  # fmt: skip
def test_modes_of_manipulation(mode: str, step: int, given: dict[str, Any]):
    report = failed(**given)
    assert (report.domain, report.mode, report.step) == ("manipulation", mode, step)
    assert report.mode in report.modes
    assert report.correction.object == "red cube"
    assert report.correction.from_step == step


def test_a_drawer_let_go_early():
    facts = {"source": None, "target": None, "drawer": "top"}
    thing = "top drawer"
    truths = [
        {"grasped": thing if 10 <= k < 18 else "", "distances": {f"gripper_{thing}": 0.03}, "opening": 0.06} for k in range(STEPS + 1)
    ]
    report = failed(truths, [event("reached", 8, thing), event("grasped", 10, thing)], facts=facts)
    assert (report.mode, report.step) == ("let_go_early", 18)
    assert report.efficiency.facts["opening_m"] == 0.06
    assert "pull on" in report.correction.text


def test_still_on_the_way_when_the_steps_ran_out():
    report = failed(states([0.5] * 20 + [0.04]), [event("reached", 35)], progress=np.linspace(0, 0.6, STEPS))
    assert report.modes == ["reached_not_grasped", "timed_out"]


def test_subgoals_on_the_way_end_by_themselves():
    record = {"subgoal_steps": {"grasped": 10, "is_src_obj_grasped": 10}, "subgoals": {"grasped": False, "is_src_obj_grasped": False}}
    assert failed(states([0.04]), [REACHED], record=record).mode == "reached_not_grasped"


def test_the_five_parts():
    truths = states([0.5, 0.04], grasped={10: "red cube", 20: ""})
    report = failed(truths, [REACHED, GRASPED, LIFTED, event("dropped", 20), event("collided", 21, "table")])
    assert report.meta_action.verdict == "unknown"
    assert report.reasoning.verdict == "unknown"
    assert (report.safety.verdict, report.safety.facts) == ("fault", {"hit": ["table"], "times": 1, "step": 21})
    assert report.efficiency.facts["reached_step"] == 8
    assert report.efficiency.facts["drops"] == 1
    assert "from step 20" in report.correction.text
    assert report.correction.subtask == "reach the red cube"


# Layers


def thought(subtask: str = "", **more: Any) -> dict[str, Any]:
    return {"subtask": subtask, **more}


def truth_of(under: str, expected: str = "red cube", expert: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"points": [{"object": under, "expected": expected, "box": [1, 1, 4, 4]}], "boxes": []}
    return {**found, "expert_subtask": expert} if expert else found


def test_a_plan_that_is_not_the_experts_is_planning():
    thoughts = {k: thought("reach the green can") for k in range(1, STEPS + 1, 4)}
    report = failed(states([0.5]), thoughts=thoughts)
    assert report.layer == "planning"
    assert report.meta_action.verdict == "fault"
    assert "reach the green can" in report.layer_reason
    assert "reach the red cube" in report.layer_reason


def test_right_plan_wrong_point_is_grounding():
    at = range(1, STEPS + 1, 4)
    thoughts = {k: thought("reach the red cube") for k in at}
    report = failed(states([0.5]), thoughts=thoughts, grounding={k: truth_of("green can") for k in at})
    assert report.layer == "grounding"
    assert report.meta_action.verdict == "ok"
    assert report.reasoning.facts["hits"] == 0.0
    assert "pointed at green can for the red cube" in report.layer_reason


def test_right_plan_right_point_is_execution():
    at = range(1, STEPS + 1, 4)
    report = failed(
        states([0.5]),
        thoughts={k: thought("go to the red cube") for k in at},
        grounding={k: truth_of("red cube", expert="reach the red cube") for k in at},
    )
    assert (report.layer, report.layer_certain) == ("execution", True)
    assert report.reasoning.verdict == report.meta_action.verdict == "ok"


def test_boxes_count_by_their_overlap():
    poor = {"points": [], "boxes": [{"object": "red cube", "expected": "red cube", "box": [0, 0, 4, 4], "iou": 0.1}]}
    report = failed(states([0.5]), grounding=dict.fromkeys(range(20, 40, 5), poor))
    assert report.layer == "grounding"
    assert report.reasoning.facts["mean_iou"] == 0.1


def test_a_silent_policy_is_execution_but_not_certain():
    report = failed(states([0.5]))
    assert (report.layer, report.layer_certain) == ("execution", False)


def test_only_thoughts_before_the_failure_count():
    """Confused after it had dropped the cube: that is no reason for dropping it."""
    good = {k: thought("reach the red cube") for k in range(1, 20, 3)}
    late = {k: thought("reach the green can") for k in range(21, 40, 3)}
    truths = states([0.04], grasped={10: "red cube", 20: ""})
    report = failed(truths, [REACHED, GRASPED, LIFTED, event("dropped", 20)], thoughts={**good, **late})
    assert (report.step, report.layer) == (20, "execution")


@pytest.mark.parametrize(
    ("said", "expert", "same"),
    [
        ("grasp the red cube", "grasp the red cube", True),
        ("pick up the red cube", "grasp the red cube", True),
        ("approach red cube", "reach the red cube", True),
        ("reach the green can", "reach the red cube", False),
        ("reach the red cube", "move over the blue plate", False),
        ("think", "reach the red cube", False),
        ("reach the green cube", "reach the red cube", False),
        ("pick up the cube", "grasp the red cube", True),
        ("move over the yellow cube", "move over the blue cube", False),
        ("let go of the can", "let go of the purple can", True),
    ],
)
def test_plans_that_mean_the_same(said: str, expert: str, same: bool):
    assert same_plan(said, expert) is same


# Driving


def road(speed: float = 8.0, **more: Any) -> list[dict[str, Any]]:
    meta = {"longitudinal": "decelerate", "lateral": "keep"}
    made = [
        {"ego": {"x": 0.0, "y": 0.0, "heading": 0.0, "speed": speed}, "lead_gap": 12.0, "off_road": False, "expert_meta": meta}
        for _ in range(STEPS + 1)
    ]
    for key, value in more.items():
        for k, truth in enumerate(made):
            truth[key] = value(k)
    return made


GOOD = {"NC": 1.0, "DAC": 1.0, "TTC": 1.0, "EP": 0.9, "C": 1.0, "PDMS": 0.95}


@pytest.mark.parametrize(
    ("mode", "given"),
    [
        ("collided", {"scores": {**GOOD, "NC": 0.0}, "truths": road(collided_with=lambda k: "vehicle 3" if k >= 12 else "")}),
        ("left_road", {"scores": {**GOOD, "DAC": 0.0}, "truths": road(off_road=lambda k: k >= 20)}),
        ("ran_light", {"scores": {**GOOD, "TLC": 0.0}, "truths": road()}),
        ("wrong_way", {"scores": {**GOOD, "DDC": 0.0}, "truths": road()}),
        ("near_collision", {"scores": {**GOOD, "TTC": 0.0}, "truths": road()}),
        ("too_slow", {"scores": {**GOOD, "EP": 0.2}, "truths": road(1.0)}),
        ("uncomfortable", {"scores": {**GOOD, "C": 0.0}, "truths": road()}),
        ("collided", {"scores": {"no_at_fault_collisions": 0.0, "drivable_area_compliance": 1.0}}),
        ("left_road", {"events": [event("off_road", 9)], "truths": road()}),
        ("too_slow", {"truths": road(0.1)}),
        ("too_slow", {"truths": road(), "events": [event("stuck", 16)]}),
    ],
)
def test_modes_of_driving(mode: str, given: dict[str, Any]):
    report = failed(**given, facts={})
    assert (report.domain, report.mode) == ("driving", mode)
    assert report.correction.longitudinal in {"maintain", "accelerate", "decelerate", "stop"}
    assert report.correction.lateral in {"keep", "turn left", "turn right", "change left", "change right"}


def test_safety_decides_before_the_rest_and_the_earliest_first():
    truths = road(off_road=lambda k: k >= 20, collided_with=lambda k: "vehicle 3" if k >= 12 else "")
    report = failed(truths, scores={**GOOD, "NC": 0.0, "DAC": 0.0, "EP": 0.1}, facts={})
    assert report.modes == ["collided", "left_road", "too_slow"]
    assert (report.step, report.correction.from_step) == (12, 8)
    assert report.safety.facts["collided_with"] == "vehicle 3"
    assert report.efficiency.facts["ego_progress"] == 0.1
    assert report.correction.longitudinal == "decelerate"


@pytest.mark.parametrize(
    ("expert", "advised"), [("stop", "stop"), ("decelerate", "decelerate"), ("maintain", "decelerate"), ("accelerate", "decelerate")]
)
def test_a_correction_never_speeds_up_into_a_collision(expert: str, advised: str):
    meta = {"longitudinal": expert, "lateral": "turn left"}
    truths = road(collided_with=lambda k: "vehicle 3" if k >= 12 else "", expert_meta=lambda k: meta)
    correction = failed(truths, scores={**GOOD, "NC": 0.0}, facts={}).correction
    assert (correction.longitudinal, correction.lateral) == (advised, "turn left")


def test_meta_actions_against_the_experts():
    wrong = {k: thought("accelerate, keep lane") for k in range(1, 13)}
    truths = road(collided_with=lambda k: "vehicle 3" if k >= 12 else "")
    report = failed(truths, scores={**GOOD, "NC": 0.0}, facts={}, thoughts=wrong)
    assert report.layer == "execution"  # half of its labels were right: lateral was
    assert report.meta_action.facts["longitudinal_right"] == 0
    worse = failed(truths, scores={**GOOD, "NC": 0.0}, facts={}, thoughts={k: thought("accelerate, turn left") for k in range(1, 13)})
    assert worse.layer == "planning"
    right = failed(truths, scores={**GOOD, "NC": 0.0}, facts={}, thoughts={k: thought("decelerate and keep lane") for k in range(1, 13)})
    assert (right.layer, right.meta_action.verdict) == ("execution", "ok")


def test_neither_domain():
    report = failed(facts={}, truths=[])
    assert (report.domain, report.mode) == ("other", "unexplained")
    assert domain(Evidence(EpisodeRow("a", "t", "failure", False, False))) == "other"
