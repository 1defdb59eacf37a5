"""Why episodes failed, as the report shows it: what :mod:`harness.diagnose` finds, or what it wrote into the run folder earlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.compare import RunTable
from harness.diagnose import FailureReport, failure_modes, read_failures
from harness.diagnose.diagnosis import examine
from harness.diagnose.evidence import read_evidence
from harness.diagnose.report import MODES
from harness.diagnose.tables import FILE
from harness.errors import StoreError
from harness.report.figures import Rule


@dataclass(frozen=True)
class Diagnosis:
    """``modes``: {scenario id: failure mode}. ``table``: rows of {mode, description, layers, episodes}, the most frequent first. ``reports``: {scenario id: the report as data}."""

    modes: Mapping[str, str] = field(default_factory=dict)
    table: list[dict[str, Any]] = field(default_factory=list)
    reports: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, scenario: str) -> dict[str, Any] | None:
        return self.reports.get(scenario)


def read_diagnosis(root: Path, run: RunTable, rule: Rule) -> Diagnosis:
    """The reports in ``failures.parquet`` (a teacher may have written them) where they are those of the failures by ``rule``, else made anew by rules. An episode that cannot be read gets none, and a note."""
    failed = [row for row in run.rows.values() if row.outcome != "error" and not row.success(rule)]
    notes: list[str] = []
    reports = _stored(root, {row.scenario_id for row in failed}, notes)
    if reports is None:
        reports = []
        for row in failed:
            try:
                reports.append(examine(run, read_evidence(run, row)))
            except StoreError as error:
                notes.append(f"no diagnosis of {row.scenario_id}: {error.what}")
    table = [
        {"mode": count.mode, "description": count.description, "layers": count.layers, "episodes": count.count}
        for count in failure_modes(reports)
    ]
    return Diagnosis(
        modes={report.scenario_id: report.mode for report in reports},
        table=table,
        reports={report.scenario_id: _shown(report) for report in reports},
        notes=tuple(notes[:3] + ([f"... and {len(notes) - 3} more without a diagnosis"] if len(notes) > 3 else [])),
    )


def _stored(root: Path, failed: set[str], notes: list[str]) -> list[FailureReport] | None:
    if not (root / FILE).is_file():
        return None
    try:
        reports = read_failures(root)
    except StoreError as error:
        notes.append(f"{error.what}: diagnosed anew")
        return None
    if {report.scenario_id for report in reports} != failed:
        notes.append(f"{root.name}/{FILE} is of other failures than the run's: diagnosed anew")
        return None
    return reports


def _shown(report: FailureReport) -> dict[str, Any]:
    left_out = {"run", "agent", "scenario_id", "task", "tags", "instruction", "version", "domain"}
    return {**report.model_dump(mode="json", exclude=left_out), "description": MODES.get(report.mode, "")}
