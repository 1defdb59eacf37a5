"""A failure report: the five parts of ELF-VLA (arXiv 2603.01063), for manipulation and driving alike, as data."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

REPORT_VERSION = "1.0"
Layer = Literal["planning", "grounding", "execution"]
Verdict = Literal["ok", "fault", "unknown"]
Domain = Literal["manipulation", "driving", "other"]

MODES: dict[str, str] = {
    "never_reached": "the gripper never came to the object",
    "reached_not_grasped": "the object was reached, never grasped",
    "grasped_wrong_object": "another object was grasped instead",
    "slipped": "the object was grasped, and lost before it was lifted",
    "dropped": "the object was lifted and lost on the way",
    "placed_off_target": "the object was let go beside its goal",
    "let_go_early": "the handle was let go before the drawer had moved far enough",
    "undid_subgoal": "what had been achieved was undone again",
    "timed_out": "on the way to success when the steps ran out",
    "collided": "collision at fault",
    "left_road": "left the drivable area",
    "ran_light": "ran a red light",
    "wrong_way": "drove against the direction of the lane",
    "near_collision": "time to collision too short",
    "too_slow": "made too little progress",
    "left_lane": "did not keep its lane",
    "uncomfortable": "accelerated, turned or jerked beyond comfort",
    "unexplained": "nothing recorded says why",
}


OMISSIONS = frozenset({"never_reached", "reached_not_grasped", "timed_out", "too_slow", "unexplained"})
"""modes of what was not done: no step decided them, so the whole episode is judged"""


class Part(BaseModel):
    """One part of a report. ``verdict`` "unknown": the run folder holds nothing to judge it by. ``facts``: the figures that the text speaks of."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    text: str
    facts: dict[str, Any] = {}


class Correction(BaseModel):
    """What to do instead, and from which control step on. What a domain does not have stays empty.

    ``lateral`` {keep, turn left, turn right, change left, change right} and ``longitudinal`` {maintain, accelerate, decelerate, stop} are ELF-VLA's labels; ``object`` is what to act on, ``subtask`` the expert's words for it.
    """

    model_config = ConfigDict(extra="forbid")

    text: str
    from_step: int = 0
    subtask: str = ""
    object: str = ""
    lateral: str = ""
    longitudinal: str = ""


class FailureReport(BaseModel):
    """Why one episode failed.

    ``mode``: the one that decided it, a key of :data:`MODES`; ``modes``: all that apply. ``step``: the control step at which it went wrong. ``layer``: which layer is at fault; ``layer_reason`` says by what evidence, and
    ``layer_certain`` is False where the policy recorded neither plan nor pointing, so that only its actions can be judged.
    """

    model_config = ConfigDict(extra="forbid")

    version: Literal["1.0"] = REPORT_VERSION
    run: str
    agent: str
    scenario_id: str
    task: str
    tags: dict[str, str] = {}
    instruction: str = ""
    domain: Domain
    mode: str
    modes: list[str]
    step: int = Field(ge=0)
    layer: Layer
    layer_reason: str
    layer_certain: bool
    meta_action: Part
    """1: the subtask or meta-action against the expert's"""
    reasoning: Part
    """2: reasoning and grounding: what was pointed at, against the masks"""
    safety: Part
    """3: collisions, lights, the road; things knocked over"""
    efficiency: Part
    """4: progress, time, precision of execution"""
    correction: Correction
    """5: what to do instead"""
    author: str = "rules"
    """"rules", or "teacher:<model>" where a teacher wrote the texts"""


class ModeCount(BaseModel):
    """How many failures of a run had a mode as the one that decided, and in which tasks and layers."""

    model_config = ConfigDict(extra="forbid")

    mode: str
    description: str
    count: int
    share: float
    """of the failed episodes"""
    tasks: dict[str, int]
    layers: dict[str, int]
    examples: list[str]
    """scenario ids, at most three"""


def failure_json_schema() -> dict[str, Any]:
    """The JSON schema of a report; also in ``harness/schema/failure.schema.json``."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FailureReport.model_json_schema()}
