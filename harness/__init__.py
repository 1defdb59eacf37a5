"""Gauntlet: closed-loop evaluation of vision-language-action policies.

``from harness import evaluate, Agent`` is where to begin. Names are imported when first used, so that ``gauntlet --help`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.agent import Agent, Task
    from harness.decision import Decision
    from harness.environment import Event, ExpertPlan, Observation
    from harness.episode import Episode
    from harness.errors import GauntletError
    from harness.evaluation import evaluate
    from harness.lazy import LazyDict
    from harness.policy import Policy, PolicyAgent, Request, Response
    from harness.scenario import Perturbation, Scenario
    from harness.store import RunStore
    from harness.suite import Suite, expand_suite
    from harness.thought import Box, Point, Thought, Trace

_HOMES = {
    "Agent": "agent",
    "Task": "agent",
    "Decision": "decision",
    "Event": "environment",
    "ExpertPlan": "environment",
    "Observation": "environment",
    "Episode": "episode",
    "GauntletError": "errors",
    "evaluate": "evaluation",
    "LazyDict": "lazy",
    "Policy": "policy",
    "PolicyAgent": "policy",
    "Request": "policy",
    "Response": "policy",
    "Perturbation": "scenario",
    "Scenario": "scenario",
    "RunStore": "store",
    "Suite": "suite",
    "expand_suite": "suite",
    "Box": "thought",
    "Point": "thought",
    "Thought": "thought",
    "Trace": "thought",
}

__all__ = [
    "Agent",
    "Box",
    "Decision",
    "Episode",
    "Event",
    "ExpertPlan",
    "GauntletError",
    "LazyDict",
    "Observation",
    "Perturbation",
    "Point",
    "Policy",
    "PolicyAgent",
    "Request",
    "Response",
    "RunStore",
    "Scenario",
    "Suite",
    "Task",
    "Thought",
    "Trace",
    "evaluate",
    "expand_suite",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(f"harness.{_HOMES[name]}"), name)
