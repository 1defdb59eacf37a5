"""What the report's tables and charts show, computed from run tables. Rates leave out errored episodes and carry Wilson intervals; what must never be pooled has no rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from harness.compare import EpisodeRow, RunTable
from harness.statistics import macro, wilson
from harness.substitutes import substitutes_of

CLEAN = "clean"
PHASES = ("act", "step", "render", "record")
Rule = Any  # "last" or "any", as RunTable.success_rule gives it


def axis_of(row: EpisodeRow) -> str:
    """The perturbed axis; ``clean`` without one, or at severity 0."""
    axis = row.tags.get("axis") or CLEAN
    return CLEAN if row.tags.get("severity") in ("0", "0.0") or axis in ("none", "None") else axis


def severity_of(row: EpisodeRow) -> float | None:
    try:
        return float(row.tags["severity"])
    except (KeyError, ValueError):
        return None


def rate(rows: Iterable[EpisodeRow], rule: Rule, never_pool: Sequence[str] = ()) -> dict[str, Any]:
    """``k``, ``n``, ``rate``, ``low``, ``high``, ``errors``; ``mixes`` names the tag that keeps a rate from being given; ``substituted`` counts the episodes in the rate that used substitutes for original data."""
    members = list(rows)
    judged = [row for row in members if row.outcome != "error"]
    counts = {"errors": len(members) - len(judged), "episodes": len(members), "substituted": sum(map(substituted, judged))}
    for tag in never_pool:
        if len({row.tags.get(tag, "none") for row in members}) > 1:
            return {**wilson(0, 0).to_json(), **counts, "mixes": tag}
    found = wilson(sum(bool(row.success(rule)) for row in judged), len(judged))
    return {**found.to_json(), **counts, "mixes": None}


def substituted(row: EpisodeRow) -> bool:
    """Whether the episode used substitutes for original data."""
    return bool(substitutes_of(row.facts))


def summary(run: RunTable, rule: Rule) -> dict[str, Any]:
    """Overall and by task; ``macro``: the unweighted mean of the tasks' rates."""
    rows = list(run.rows.values())
    tasks = {task: rate(group, rule, run.never_pool) for task, group in grouped(rows, lambda row: row.task).items()}
    overall = rate(rows, rule, run.never_pool)
    mean = None if overall["mixes"] else macro([wilson(t["k"], t["n"]) for t in tasks.values()])
    other = rate(rows, "any" if rule == "last" else "last", run.never_pool)
    measures = {}
    for name in run.measures():
        values = [row.values[name] for row in rows if name in row.values]
        measures[name] = {
            "n": len(values),
            "mean": fmean(values) if values else None,
            "median": median(values) if values else None,
            "not_finite": sum(name in row.not_finite for row in rows),
        }
    return {"overall": overall, "other_rule": other, "macro": mean.to_json() if mean else None, "tasks": tasks, "measures": measures}


def matrix(runs: Sequence[RunTable], rule: Rule) -> dict[str, Any]:
    """``cells[run][task][axis]``: a rate, None where there is no episode."""
    rows = [row for run in runs for row in run.rows.values()]
    tasks = sorted({row.task for row in rows})
    axes = sorted({axis_of(row) for row in rows}, key=lambda name: (name != CLEAN, name))
    cells = []
    for run in runs:
        groups = grouped(run.rows.values(), lambda row: (row.task, axis_of(row)))
        cells.append(
            [[rate(groups[task, axis], rule, run.never_pool) if (task, axis) in groups else None for axis in axes] for task in tasks]
        )
    return {"tasks": tasks, "axes": axes, "cells": cells}


def severity_curves(runs: Sequence[RunTable], rule: Rule) -> dict[str, list[list[dict[str, Any]]]]:
    """{axis: for each run its points by severity}. Severity 0 are the clean twins of that axis' episodes, as far as the run has them."""
    curves: dict[str, list[list[dict[str, Any]]]] = {}
    axes = sorted({axis_of(row) for run in runs for row in run.rows.values()} - {CLEAN})
    for axis in axes:
        curves[axis] = []
        for run in runs:
            mine = [row for row in run.rows.values() if axis_of(row) == axis and severity_of(row) is not None]
            levels: dict[float, list[EpisodeRow]] = {}
            twins = {row.tags["twin"]: run.rows[row.tags["twin"]] for row in mine if row.tags.get("twin") in run.rows}
            if twins:
                levels[0.0] = list(twins.values())
            for row in mine:
                levels.setdefault(float(severity_of(row) or 0.0), []).append(row)
            curves[axis].append([{"severity": level, **rate(levels[level], rule, run.never_pool)} for level in sorted(levels)])
    return curves


def latency(run: RunTable) -> dict[str, Any]:
    """``phases``: mean wall seconds a control step over the run, by phase; ``stages``: median over episodes of seconds a decision, by the policy's own stages."""
    rows = [row for row in run.rows.values() if row.outcome != "error" and row.values.get("steps")]
    steps = sum(row.values["steps"] for row in rows)
    phases = {name: sum(row.values.get(f"seconds.{name}", 0.0) for row in rows) / steps if steps else None for name in PHASES}
    stages: dict[str, float] = {}
    for name in dict.fromkeys(name for row in rows for name in row.values if name.startswith("stage.")):
        stages[name.removeprefix("stage.")] = median(row.values[name] for row in rows if name in row.values)
    act = sorted(row.values["act_seconds"] for row in rows if "act_seconds" in row.values)
    return {"phases": phases, "stages": stages, "act_median": median(act) if act else None, "act_p95": _quantile(act, 0.95)}


def flips(runs: Sequence[RunTable], rule: Rule, scenario: str) -> str:
    """The last run against the first: fixed, broken, error, same, or nothing where one of them has no episode."""
    first, last = runs[0].rows.get(scenario), runs[-1].rows.get(scenario)
    if len(runs) < 2 or first is None or last is None:
        return ""
    if "error" in (first.outcome, last.outcome):
        return "error" if first.outcome != last.outcome else "same"
    before, now = bool(first.success(rule)), bool(last.success(rule))
    return "same" if before == now else "fixed" if now else "broken"


def grouped(rows: Iterable[EpisodeRow], key: Callable[[EpisodeRow], Any]) -> dict[Any, list[EpisodeRow]]:
    groups: dict[Any, list[EpisodeRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def differing(manifests: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Keys of run.json whose values are not the same in all runs, with the values."""
    said_twice = ("identity.", "config.agent.")
    flat = [{key: value for key, value in _flatten(m) if not key.startswith(said_twice)} for m in manifests]
    keys = list(dict.fromkeys(key for one in flat for key in one))
    return [(key, [one.get(key, "") for one in flat]) for key in keys if len({one.get(key) for one in flat}) > 1]


def _flatten(value: Any, path: str = "") -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flatten(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, str(value)


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
