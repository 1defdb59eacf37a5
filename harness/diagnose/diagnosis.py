"""From a run folder to reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.compare.run_table import RunTable, load_run
from harness.diagnose.driving import examine_driving
from harness.diagnose.evidence import Evidence, read_evidence
from harness.diagnose.layers import WINDOW, judge_layers
from harness.diagnose.manipulation import examine_manipulation, examine_other
from harness.diagnose.report import MODES, OMISSIONS, Domain, FailureReport, ModeCount
from harness.success_rule import SuccessRule

Teacher = Callable[[FailureReport], FailureReport]
"""Writes a report's texts anew from the same facts."""

_DRIVING_TRUTH = {"ego", "lead_gap", "off_road", "collided_with", "expert_meta"}
_DRIVING_SCORES = {"nc", "dac", "pdms", "epdms", "ttc", "noatfaultcollisions", "drivableareacompliance"}


def diagnose(run: str | Path | RunTable, *, success: SuccessRule | None = None, teacher: Teacher | None = None) -> list[FailureReport]:
    """A report for every failed episode, in the order of the run; errored episodes have no result and get none.

    ``success``: which success counts; None: the suite's own rule. ``teacher``: see :mod:`harness.diagnose.teacher`; rules alone write the reports otherwise.

    Raises:
        StoreError: a run or an episode that cannot be read.
    """
    table = run if isinstance(run, RunTable) else load_run(run)
    rule = success or table.success_rule
    reports = [examine(table, read_evidence(table, row)) for row in table.rows.values() if row.outcome != "error" and not row.success(rule)]
    return [teacher(report) for report in reports] if teacher else reports


def examine(run: RunTable, evidence: Evidence) -> FailureReport:
    """The report of one failed episode, by rules."""
    kind = domain(evidence)
    found = {"driving": examine_driving, "manipulation": examine_manipulation, "other": examine_other}[kind](evidence)
    steps = range(1, evidence.steps + 1) if found.mode in OMISSIONS else range(found.step - WINDOW + 1, found.step + 1)
    judged = judge_layers(evidence, steps)
    row = evidence.row
    return FailureReport(
        run=run.name,
        agent=run.agent,
        scenario_id=row.scenario_id,
        task=row.task,
        tags=dict(row.tags),
        instruction=row.text.get("instruction", ""),
        domain=kind,
        mode=found.mode,
        modes=found.modes,
        step=found.step,
        layer=judged.layer,
        layer_reason=judged.reason,
        layer_certain=judged.certain,
        meta_action=judged.meta_action,
        reasoning=judged.reasoning,
        safety=found.safety,
        efficiency=found.efficiency,
        correction=found.correction,
    )


def domain(evidence: Evidence) -> Domain:
    """By what was recorded: driving tells of an ego or of NAVSIM's sub-metrics."""
    told = {key for truth in evidence.truths[:1] for key in truth}
    if told & _DRIVING_TRUTH or evidence.scores.keys() & _DRIVING_SCORES:
        return "driving"
    manipulates = (
        told or {"source", "target", "drawer"} & evidence.row.facts.keys() or {"reached", "grasped", "placed"} & evidence.events.keys()
    )
    return "manipulation" if manipulates else "other"


def failure_modes(reports: Sequence[FailureReport]) -> list[ModeCount]:
    """How often each mode decided a failure, the most frequent first."""
    counts = []
    for mode, description in MODES.items():
        mine = [report for report in reports if report.mode == mode]
        if mine:
            counts.append(
                ModeCount(
                    mode=mode,
                    description=description,
                    count=len(mine),
                    share=len(mine) / len(reports),
                    tasks=_counted([report.task for report in mine]),
                    layers=_counted([report.layer for report in mine]),
                    examples=[report.scenario_id for report in mine[:3]],
                )
            )
    return sorted(counts, key=lambda count: -count.count)


def _counted(values: Sequence[str]) -> dict[str, int]:
    return {value: values.count(value) for value in dict.fromkeys(values)}
