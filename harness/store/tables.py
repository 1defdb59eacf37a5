"""What is derived from the episodes of a run: ``episodes.parquet`` (one row an episode) and ``summary.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from statistics import mean, median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.aggregates import Aggregate, compute_aggregates, mixture
from harness.episode import Episode
from harness.errors import StoreError
from harness.metrics import METRICS, evaluate_metrics
from harness.statistics import Rate, macro, wilson
from harness.store.run_store import RunStore
from harness.substitutes import count_substitutes
from harness.success_rule import SuccessRule

SUMMARY_VERSION = "1.0"


def write_tables(store: RunStore, success: SuccessRule) -> dict[str, Any]:
    """Write both files from what is in the folder; returns the summary."""
    episodes = [episode for _, episode in store.read_episodes()]
    manifest = store.manifest()
    temporary = store.root / ".episodes.parquet.tmp"
    try:
        pq.write_table(episodes_table(episodes, manifest, success), temporary, compression="zstd")
        temporary.rename(store.root / "episodes.parquet")
    except OSError as error:
        raise StoreError(
            f"{store.root}: the tables cannot be written: {error.strerror or error}", "make room, then run the same command again"
        ) from None
    summary = summarise(episodes, manifest, success)
    store.write_json("summary.json", summary)
    return summary


def episodes_table(episodes: Iterable[Episode], manifest: dict[str, Any], success: SuccessRule) -> pa.Table:
    """One row an episode. ``success`` follows the suite's rule and is null for errors; a metric or a score (``score.*``, the environment's own) that does not apply is null; ``stage.*`` are the policy's seconds a decision; ``tag.*`` are the scenario's tags as text."""
    rows = []
    for episode in episodes:
        metrics = evaluate_metrics(episode)
        rows.append(
            {
                "run": manifest["name"],
                "suite": manifest["suite"]["name"],
                "agent": episode.agent,
                "scenario_id": episode.scenario_id,
                "task": episode.scenario.task,
                "env": episode.scenario.env,
                "seed": episode.scenario.seed,
                "agent_seed": episode.agent_seed,
                "instruction": episode.instruction,
                "outcome": episode.outcome,
                "success": episode.success_last if success == "last" else episode.success_any,
                **{name: value.value if value.valid else None for name, value in metrics.items()},
                "attempts": episode.attempts,
                "error": episode.error.message if episode.error else None,
                "events": json.dumps([event.model_dump() for event in episode.events]),
                "facts": json.dumps(episode.facts),
                "videos": json.dumps({camera: f"episodes/{episode.scenario_id}/{name}" for camera, name in episode.videos.items()}),
                **{f"seconds.{k}": v for k, v in episode.timing.model_dump().items() if isinstance(v, float)},
                **{f"stage.{k}": v / max(1, episode.timing.decisions) for k, v in episode.timing.stages.items()},
                **{f"score.{k}": v for k, v in episode.scores.items()},
                **{f"tag.{k}": str(v) for k, v in episode.scenario.tags.items()},
            }
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    types = {**{name: pa.float64() for name in METRICS}, "error": pa.string(), "success": pa.bool_()}
    types |= {name: pa.float64() for name in names if name.startswith("score.")}
    columns = {name: pa.array([row.get(name) for row in rows], types.get(name)) for name in names}
    return pa.table(columns)


def summarise(episodes: Sequence[Episode], manifest: dict[str, Any], success: SuccessRule) -> dict[str, Any]:
    """Per task, overall, and the suite's published aggregates. Rates count only episodes with a result; ``success_with_errors`` counts an errored episode as not solved; ``substitutes`` (:mod:`harness.substitutes`) marks scores made with them.

    Where the suite mixes what must never be pooled, ``mixes`` says what, and the overall figures are empty; so are those of a task that does.
    """
    tasks = list(dict.fromkeys([*manifest["suite"]["tasks"], *(e.scenario.task for e in episodes)]))
    never_pool = manifest["suite"].get("never_pool", ())
    mixes = manifest["suite"].get("mixes") or mixture([e.scenario for e in episodes], never_pool)
    groups = {task: _group([e for e in episodes if e.scenario.task == task], success, never_pool) for task in tasks}
    overall = _group(episodes, success, never_pool) if not mixes else _counts(episodes, success)
    mean_rate = macro([_rate(group["success"]) for group in groups.values()])
    overall["macro"] = mean_rate.to_json() if mean_rate and not mixes else None
    aggregates = [Aggregate(**spec) for spec in manifest["suite"].get("aggregates", [])]
    return {
        "version": SUMMARY_VERSION,
        "run": manifest["name"],
        "suite": manifest["suite"]["name"],
        "agent": manifest["agent"]["name"],
        "success_rule": success,
        "scenarios": manifest["suite"]["scenarios"],
        "missing": manifest["suite"]["scenarios"] - len(episodes),
        "overall": overall,
        "mixes": mixes,
        "tasks": groups,
        "aggregates": compute_aggregates(aggregates, episodes, success),
    }


def _counts(episodes: Sequence[Episode], success: SuccessRule) -> dict[str, Any]:
    """A group that is counted, and has no figures."""
    judged = [e for e in episodes if e.outcome != "error"]
    counts = {"episodes": len(episodes), "errors": len(episodes) - len(judged)}
    return {**_group([], success), **counts, "substitutes": count_substitutes(e.facts for e in judged)}


def _group(episodes: Sequence[Episode], success: SuccessRule, never_pool: Sequence[str] = ()) -> dict[str, Any]:
    if mixture([e.scenario for e in episodes], never_pool):
        return _counts(episodes, success)
    judged = [e for e in episodes if e.outcome != "error"]
    wins = sum(bool(e.success_last if success == "last" else e.success_any) for e in judged)
    group: dict[str, Any] = {
        "episodes": len(episodes),
        "errors": len(episodes) - len(judged),
        "success": wilson(wins, len(judged)).to_json(),
        "success_with_errors": wilson(wins, len(episodes)).to_json(),
        "substitutes": count_substitutes(e.facts for e in judged),
        "metrics": {},
    }
    for name, metric in METRICS.items():
        values = [value.value for value in map(metric, episodes) if value.valid]
        if not values:
            group["metrics"][name] = {"n": 0}
        elif metric.rate:
            group["metrics"][name] = wilson(round(sum(values)), len(values)).to_json()
        else:
            group["metrics"][name] = {"n": len(values), "mean": mean(values), "median": median(values), "unit": metric.unit}
    group["scores"] = {}
    for name in dict.fromkeys(name for episode in episodes for name in episode.scores):
        values = [value for episode in judged if (value := episode.scores.get(name)) is not None]
        group["scores"][name] = {"n": len(values), "mean": mean(values), "median": median(values)} if values else {"n": 0}
    stages: dict[str, list[float]] = {}
    for episode in judged:
        for stage, seconds in episode.timing.stages.items():
            stages.setdefault(stage, []).append(seconds / max(1, episode.timing.decisions))
    group["seconds_per_stage"] = {stage: median(values) for stage, values in sorted(stages.items())}
    return group


def _rate(data: dict[str, Any]) -> Rate:
    return Rate(data["k"], data["n"], data["low"], data["high"])
