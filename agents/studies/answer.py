"""What a study found: each arm's success with its interval, its paired difference from the reference, and its measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import mean, median
from typing import Any, Literal

import pyarrow.parquet as pq

from agents.studies.question import Contrast
from harness.compare import RunTable
from harness.compare.comparing import holm
from harness.compare.paired import PairCounts, PairedDifference, paired_difference
from harness.statistics import Rate, wilson

Rule = Literal["last", "any"]


@dataclass(frozen=True)
class ArmAnswer:
    """``difference``: of this arm minus the reference on the scenarios that both judged; ``p_holm``: exact McNemar, adjusted over the arms. ``measures``: means (stage seconds: medians) over the episodes that have them."""

    label: str
    rate: Rate
    errors: int
    difference: PairedDifference | None
    p_holm: float | None
    measures: Mapping[str, float | None]
    contrasts: Mapping[str, tuple[Rate, PairedDifference]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def answer(
    arms: Mapping[str, Sequence[RunTable]], reference: str, measures: Sequence[str], contrast: Contrast | None = None
) -> list[ArmAnswer]:
    """``arms``: {label: its runs, one a suite}."""
    outcomes = {label: _outcomes(tables) for label, tables in arms.items()}
    differences = {
        label: paired_difference(PairCounts.of((outcomes[reference][key], won) for key, won in found.items() if key in outcomes[reference]))
        for label, found in outcomes.items()
        if label != reference
    }
    adjusted = dict(zip(differences, holm(difference.p for difference in differences.values())))
    return [
        ArmAnswer(
            label,
            wilson(sum(outcomes[label].values()), len(outcomes[label])),
            sum(table.errors for table in tables),
            differences.get(label),
            adjusted.get(label),
            {name: _measure(name, tables) for name in measures},
            _contrasts(tables, contrast) if contrast else {},
        )
        for label, tables in arms.items()
    ]


def _outcomes(tables: Sequence[RunTable]) -> dict[tuple[str, str], bool]:
    """{(suite, scenario): success} of the episodes without an error."""
    rows = ((table, row, row.success(table.success_rule)) for table in tables for row in table.rows.values())
    return {(table.suite, row.scenario_id): bool(won) for table, row, won in rows if won is not None}


def _measure(name: str, tables: Sequence[RunTable]) -> float | None:
    values = [row.values[name] for table in tables for row in table.rows.values() if name in row.values]
    if not values:
        return None
    return median(values) if name.startswith(("stage.", "seconds.")) else mean(values)


def _contrasts(tables: Sequence[RunTable], contrast: Contrast) -> dict[str, tuple[Rate, PairedDifference]]:
    """{value of the tag: (its rate, its difference from the clean twins)}; twins have the same task and seed."""
    column = f"tag.{contrast.tag}"
    won: dict[str, dict[tuple[str, str, int], bool]] = {}
    for table in tables:
        rows = pq.read_table(f"{table.path}/episodes.parquet", columns=["task", "seed", "success", column]).to_pylist()
        for row in rows:
            if row["success"] is not None and row[column] is not None:
                won.setdefault(row[column], {})[table.suite, row["task"], row["seed"]] = row["success"]
    clean = won.get(contrast.clean, {})
    found = {}
    for value, outcomes in sorted(won.items(), key=lambda item: (item[0] != contrast.clean, item[0])):
        pairs = PairCounts.of((clean[key], outcome) for key, outcome in outcomes.items() if key in clean)
        found[value] = (wilson(sum(outcomes.values()), len(outcomes)), paired_difference(pairs))
    return found
