"""A scenario: everything that decides an episode, and nothing random left in it."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Tag = str | int | float | bool


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same content gives the same text everywhere. NaN and non-JSON types raise."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def content_hash(value: Any, length: int = 16) -> str:
    """The first ``length`` hex digits of the SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


class Perturbation(BaseModel):
    """One perturbation: a gymnasium wrapper, found by ``target`` (dotted path), made as ``target(env, severity=..., seed=..., **params)``.

    It must be a pure function of (seed, axis, severity).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    axis: str
    severity: int = Field(ge=0, le=5)
    seed: int = 0
    params: dict[str, Any] = {}


class Scenario(BaseModel):
    """One episode to run.

    The same scenario and the same deterministic agent give the same episode, bit for bit on CPU, whichever executor, worker or order ran it.
    ``tags`` name and group (suite, task, axis, severity, ``twin``: the clean twin's id); they never reach the policy and are not part of the id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str
    """gymnasium id, as for ``gymnasium.make``; ``module:Id-v0`` imports the module first."""
    kwargs: dict[str, Any] = {}
    """keyword arguments of ``gymnasium.make``."""
    options: dict[str, Any] = {}
    """``options`` of ``env.reset``."""
    seed: int = Field(default=0, ge=0)
    """``seed`` of ``env.reset``."""
    instruction: str | None = None
    """replaces the environment's own instruction."""
    perturbations: tuple[Perturbation, ...] = ()
    max_steps: int = Field(ge=1)
    """control steps after which the episode is over."""
    stop_after_success: int | None = Field(default=None, ge=0)
    """end once success has held for that many further steps; None (the SIMPLER protocol) never ends early."""
    tags: dict[str, Tag] = {}

    @cached_property
    def id(self) -> str:
        """16 hex digits: the hash of all fields but the tags."""
        return content_hash(self.model_dump(mode="json", exclude={"tags"}))

    @property
    def task(self) -> str:
        """The name it is grouped under: its ``task`` tag, else the environment's id."""
        return str(self.tags.get("task", self.env))
