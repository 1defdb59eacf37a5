"""Run folders and tables made up from chances, for tests and benchmarks of what reads runs: no simulator, but the real records, writers and tables.

``write_run(root, ...)`` makes a folder as ``gauntlet run`` leaves it (``folders=True`` with one episode folder each, ``steps.parquet`` and ``truth.jsonl`` in it); ``make_table(...)`` a :class:`harness.compare.RunTable` in memory.
Scenarios depend on ``suite_seed`` and numbers only, so two runs made with the same ones pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from harness.compare import EpisodeRow, RunTable
from harness.episode import SCHEMA_VERSION, Episode, EpisodeError, StoredEvent, Timing
from harness.metrics import METRICS_VERSION
from harness.rollout import Rollout
from harness.scenario import Scenario, content_hash
from harness.store import RunStore, write_episode
from harness.store.tables import write_tables
from harness.suite import Suite
from harness.thought import Thought

Chance = float | Callable[[Scenario], float]
AXES = ("none", "lighting", "camera", "distractor", "background")
TASKS = ("put_on", "stack", "pick", "open_drawer")


def scenarios(count: int, tasks: Sequence[str] = TASKS, axes: Sequence[str] = AXES, suite_seed: int = 0, **fields: Any) -> list[Scenario]:
    """``count`` scenarios over tasks, axes and severities 1 to 5 in turn; those of axis "none" are the clean twins of the perturbed ones."""
    made: list[Scenario] = []
    twins: dict[tuple[str, int], str] = {}
    for number in range(count):
        task, axis = tasks[number % len(tasks)], axes[number // len(tasks) % len(axes)]
        layout = number // (len(tasks) * len(axes))
        tags: dict[str, Any] = {"suite": "synthetic/grid", "task": task, "axis": axis, "severity": 0 if axis == "none" else 1 + layout % 5}
        scenario = Scenario(
            **{
                "env": "synthetic/Nothing-v0",
                "seed": suite_seed + layout,
                "max_steps": 80,
                "options": {"task": task, "axis": axis},
                **fields,
            },
            tags=tags,
        )
        if axis == "none":
            twins[task, layout] = scenario.id
        elif (task, layout) in twins:
            scenario = scenario.model_copy(update={"tags": {**tags, "twin": twins[task, layout]}})
        made.append(scenario)
    return made


def episode(scenario: Scenario, success: bool | None, rng: np.random.Generator, agent: str = "agent", **fields: Any) -> Episode:
    """A plausible record; ``success`` None is an error."""
    steps = int(rng.integers(20, 50)) if success else scenario.max_steps
    if success is None:
        steps = int(rng.integers(1, 20))
        error = EpisodeError(kind="WorkerLost", phase="step", step=steps, message="the worker was killed by signal 9")
        given: dict[str, Any] = {"outcome": "error", "error": error}
    else:
        progress = 1.0 if success else float(rng.uniform(0, 0.9))
        names = [] if progress < 0.3 else ["reached"] if progress < 0.6 else ["reached", "grasped"]
        given = {
            "outcome": "success" if success else "failure",
            "success_last": success,
            "success_any": success or bool(rng.random() < 0.05),
            "first_success_step": steps if success else None,
            "progress": progress,
            "progress_max": progress,
            "events": [StoredEvent(name=name, step=5 * (k + 1), detail={"object": "red cube"}) for k, name in enumerate(names)],
            "subgoals": {"reached": "reached" in names, "grasped": "grasped" in names, "placed": success},
            "subgoal_steps": {
                "reached": 5 if names else None,
                "grasped": 10 if "grasped" in names else None,
                "placed": steps if success else None,
            },
        }
    seconds = float(rng.lognormal(-3, 0.2))
    timing = Timing(
        make=0.01, reset=0.1, act=seconds * steps, step=0.02 * steps, render=0.01 * steps, total=steps * (seconds + 0.03), decisions=steps
    )
    timing.stages = {"encode": 0.3 * seconds * steps, "reason": 0.5 * seconds * steps, "act": 0.2 * seconds * steps}
    facts = {"task": scenario.task, "source": "red cube", "target": "blue plate", "distractors": ["green can"]}
    base = {
        "scenario_id": scenario.id,
        "scenario": scenario,
        "agent": agent,
        "agent_seed": 0,
        "steps": steps,
        "instruction": "put the red cube on the blue plate",
        "control_hz": 5.0,
        "facts": facts,
        "timing": timing,
    }
    return Episode(**{**base, **given, **fields})


def write_run(
    root: Path,
    count: int = 40,
    *,
    agent: str = "agent",
    chance: Chance = 0.8,
    errors: float = 0.0,
    seed: int = 0,
    among: Sequence[Scenario] | None = None,
    folders: bool = True,
    manifest: Mapping[str, Any] | None = None,
    change: Callable[[Episode], Episode] = lambda made: made,
    success: Literal["last", "any"] = "last",
    created: str = "2026-11-21T00:00:00+00:00",
) -> Path:
    """A run folder ``root``: success with ``chance`` (may depend on the scenario), an error with chance ``errors``. ``change`` may alter each record; ``manifest`` is laid over run.json."""
    made = list(among) if among is not None else scenarios(count)
    suite = Suite(name="synthetic/grid", scenarios=tuple(made), success=success)
    rng = np.random.default_rng([seed, *agent.encode()])
    store = RunStore(root)
    store.open({**_manifest(root.name, agent, suite, created), **(manifest or {})})
    for scenario in made:
        won = None if rng.random() < errors else bool(rng.random() < (chance(scenario) if callable(chance) else chance))
        record = change(episode(scenario, won, rng, agent))
        if folders:
            place = store.temporary(scenario.id, 1)
            write_episode(place, record, _trace(record, np.random.default_rng(int(scenario.id, 16))) if record.outcome != "error" else None)
            store.commit(place, scenario.id)
        else:
            place = store.episodes / scenario.id
            place.mkdir()
            (place / "episode.json").write_text(record.model_dump_json())
    write_tables(store, success)
    store.close()
    return root


def make_table(
    outcomes: Mapping[str, bool | None], name: str = "run", tags: Callable[[str], Mapping[str, str]] = lambda scenario: {}
) -> RunTable:
    """A table in memory: {scenario id: success, None for an error}; the task is the tag ``task``."""
    rows = {
        scenario: EpisodeRow(
            scenario_id=scenario,
            task=tags(scenario).get("task", "task"),
            outcome="error" if won is None else "success" if won else "failure",
            success_last=won,
            success_any=won,
            tags=tags(scenario),
        )
        for scenario, won in outcomes.items()
    }
    suite = {"name": "synthetic", "hash": content_hash(sorted(outcomes)), "scenarios": len(rows), "success": "last"}
    return RunTable(name, {"schema_version": SCHEMA_VERSION, "name": name, "agent": {"name": name}, "suite": suite}, rows)


def _manifest(name: str, agent: str, suite: Suite, created: str) -> dict[str, Any]:
    facts = {"name": suite.name, "description": "made up", "hash": suite.hash, "scenarios": len(suite.scenarios), "tasks": suite.tasks()}
    return {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "identity": {"suite": {"name": suite.name, "hash": suite.hash}, "agent": {"name": agent}, "seed": 0},
        "suite": {**facts, "success": suite.success, "aggregates": [], "never_pool": suite.never_pool, "mixes": suite.mixes},
        "agent": {"name": agent, "config": {"name": agent}},
        "scorer": {"gauntlet": METRICS_VERSION},
        "config": {"seed": 0},
        "created": created,
        "hardware": {"cpu": "synthetic", "cores": 2},
        "versions": {"vla-gauntlet": "0.1.0"},
    }


def _trace(record: Episode, rng: np.random.Generator) -> Rollout:
    steps = record.steps
    trace = Rollout(0, record.instruction, 5.0)
    trace.actions = list(rng.normal(0, 0.02, (steps, 7)).astype(np.float32))
    trace.states = [{"eef_pos": row} for row in rng.normal(0, 0.1, (steps + 1, 3)).astype(np.float32)]
    trace.success = [False] * (steps - 1) + [bool(record.success_last)]
    trace.progress = list(np.linspace(0, record.progress or 0.0, steps))
    trace.rewards = list(trace.progress)
    trace.thoughts = [Thought(subtask="reach the red cube") if k % 8 == 0 else None for k in range(steps)]
    trace.grounding = [None] * steps
    trace.seconds = [{"act": 0.05, "step": 0.02, "render": 0.01, "record": 0.0}] * steps
    grasped = record.subgoal_steps.get("grasped")
    lines = []
    for k in range(steps + 1):
        held = "red cube" if grasped is not None and k >= grasped else ""
        gap = round(max(0.02, 0.4 - 0.05 * k), 4)
        lines.append(
            f'{{"grasped": "{held}", "touching": [], "distances": {{"gripper_source": {gap}, "source_target": 0.2}}, "expert_subtask": "reach the red cube"}}'
        )
    trace.truths = lines
    return trace
