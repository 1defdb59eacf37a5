"""An episode: what happened, as data with a version.

On disk an episode is a folder: ``episode.json`` (:class:`Episode`), ``steps.parquet`` (one row a control step), ``truth.jsonl`` (one line a state, where the environment gives
``info["truth"]``), ``step0.npz`` (the first observation as the agent got it), a video per recorded camera, and ``SHA256SUMS`` over them all (``sha256sum -c`` reads it).

Versions: 1.1 added ``scores``, ``layers``, ``truth.jsonl`` and the column ``grounding``; records of 1.0 are read as they are, without these.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from harness.scenario import Scenario

SCHEMA_VERSION = "1.1"
READABLE = ("1.0", "1.1")
Outcome = Literal["success", "failure", "error"]
PHASES = ("make", "reset", "act", "step", "record")


class StoredEvent(BaseModel):
    """An event of the environment. ``step`` counts control steps; 0 is the state after reset."""

    model_config = ConfigDict(extra="forbid")

    name: str
    step: int
    detail: dict[str, Any] = {}


class EpisodeError(BaseModel):
    """Why an episode has no result. ``phase``: one of make, reset, act, step, record."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    phase: str
    step: int
    message: str
    traceback: str = ""


class Timing(BaseModel):
    """Wall seconds. ``render`` is the time spent making images, wherever it was asked for; ``act`` and ``record`` exclude it. ``stages`` are the policy's own."""

    model_config = ConfigDict(extra="forbid")

    make: float = 0.0
    reset: float = 0.0
    act: float = 0.0
    step: float = 0.0
    render: float = 0.0
    record: float = 0.0
    total: float = 0.0
    stages: dict[str, float] = {}
    decisions: int = 0
    """how often the agent thought anew; the number to divide ``stages`` by"""


class Episode(BaseModel):
    """The record of one episode. ``outcome`` has three values, never two: an error is neither a success nor a failure."""

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal["1.0", "1.1"] = SCHEMA_VERSION
    scenario_id: str
    scenario: Scenario
    agent: str
    agent_seed: int
    outcome: Outcome
    success_last: bool | None = None
    """the predicate at the last step; None where the episode has no result"""
    success_any: bool | None = None
    first_success_step: int | None = None
    steps: int = 0
    progress: float | None = None
    progress_max: float | None = None
    subgoals: dict[str, bool] = {}
    """at the last step"""
    subgoal_steps: dict[str, int | None] = {}
    """the first step at which each came true"""
    events: list[StoredEvent] = []
    instruction: str = ""
    """as sent at step 0"""
    instruction_changes: list[tuple[int, str]] = []
    control_hz: float | None = None
    clipped_actions: int = 0
    scores: dict[str, float | None] = {}
    """the environment's own measures, ``info["scores"]`` of the last step that gave them; None: does not apply"""
    layers: dict[str, float | None] = {}
    """how well the policy grounded, planned and obeyed itself: :func:`harness.layer_scores.layer_scores`; None: nothing to judge"""
    facts: dict[str, Any] = {}
    """the environment's ``info["episode"]`` at the last step: objects, layout, assets, task statistics"""
    timing: Timing = Timing()
    attempts: int = 1
    failed_attempts: list[EpisodeError] = []
    """what went wrong in the attempts before this one"""
    error: EpisodeError | None = None
    videos: dict[str, str] = {}
    """camera -> file"""


def episode_json_schema() -> dict[str, Any]:
    """The JSON schema of ``episode.json``; also in ``harness/schema/episode.schema.json``."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Episode.model_json_schema()}
