"""All scenarios of a report in columns: what its episode browser filters and sorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.compare import EpisodeRow, RunTable
from harness.report.figures import Rule, axis_of, flips, severity_of, substituted

CODES = {"failure": 0, "success": 1, "error": 2}
"""outcomes on the wire; null: no episode"""
_KNOWN = ("suite", "task", "axis", "severity", "twin")


def scenario_columns(runs: Sequence[RunTable], rule: Rule, modes: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Columns over all scenarios that any run has, in the order of the first run's table.

    ``outcome``, ``progress``, ``steps``, ``mode`` and ``substituted`` (whether substitutes for original data were used) have a column a run. ``modes[run]``: {scenario id: failure mode}. The outcome is that of ``rule``, which may not be a suite's own.
    """
    ids = list(dict.fromkeys(scenario for run in runs for scenario in run.rows))
    first: list[EpisodeRow] = [next(run.rows[scenario] for run in runs if scenario in run.rows) for scenario in ids]
    more = sorted({tag for row in first for tag in row.tags} - set(_KNOWN))
    names = sorted({mode for found in modes for mode in found.values()})
    number = {name: k for k, name in enumerate(names)}
    return {
        "id": ids,
        "task": [row.task for row in first],
        "axis": [axis_of(row) for row in first],
        "severity": [severity_of(row) for row in first],
        "twin": [row.tags.get("twin") for row in first],
        "tags": {tag: [row.tags.get(tag) for row in first] for tag in more},
        "instruction": [row.text.get("instruction", "") for row in first],
        "flip": [flips(runs, rule, scenario) for scenario in ids],
        "outcome": [[_code(run.rows.get(scenario), rule) for scenario in ids] for run in runs],
        "progress": [[_value(run.rows.get(scenario), "progress") for scenario in ids] for run in runs],
        "steps": [[_value(run.rows.get(scenario), "steps") for scenario in ids] for run in runs],
        "substituted": [[(row := run.rows.get(scenario)) is not None and substituted(row) for scenario in ids] for run in runs],
        "mode": [[number.get(found.get(scenario, "")) for scenario in ids] for found in modes],
        "modes": names,
    }


def _code(row: EpisodeRow | None, rule: Rule) -> int | None:
    if row is None:
        return None
    return CODES["error"] if row.outcome == "error" else int(bool(row.success(rule)))


def _value(row: EpisodeRow | None, name: str) -> float | None:
    value = row.values.get(name) if row is not None else None
    return None if value is None else round(value, 4)
