"""What travels between the runner and its workers. Everything here pickles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.episode import Episode, EpisodeError
from harness.recording.recorder import RecordConfig
from harness.scenario import Scenario
from harness.success_rule import SuccessRule


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to know once. ``root`` is the run folder; ``environ`` is set in the worker before anything heavy is imported."""

    root: str
    agent: dict[str, Any]
    record: RecordConfig
    seed: int
    clip: bool
    success: SuccessRule = "last"
    env_cache: int = 2
    environ: dict[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One attempt at one scenario."""

    scenario: Scenario
    attempt: int
    film: bool
    failed_attempts: tuple[EpisodeError, ...] = ()


@dataclass(frozen=True)
class JobDone:
    """The attempt gave an episode; it lies whole in ``folder``, under a temporary name."""

    episode: Episode
    folder: str


@dataclass(frozen=True)
class JobFailed:
    """The attempt gave no episode. ``retry``: another attempt may do better. ``fatal``: no episode of this run can; ``error.message`` is for the user. ``spent``: the worker is of no more use."""

    error: EpisodeError
    retry: bool
    fatal: bool = False
    spent: bool = False


JobResult = JobDone | JobFailed
