"""``gauntlet diagnose``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.baselines import resolve_run
from harness.cli.writing import write_text
from harness.compare import RunTable, load_run
from harness.compare.rendering import print_sections, to_markdown
from harness.compare.sections import Section
from harness.diagnose.diagnosis import diagnose, failure_modes
from harness.diagnose.report import FailureReport
from harness.diagnose.tables import write_failures
from harness.diagnose.teacher import OpenAITeacher
from harness.errors import ConfigError
from harness.success_rule import success_rule_named

PARTS = (
    ("meta_action", "meta-action or subtask"),
    ("reasoning", "reasoning and grounding"),
    ("safety", "safety"),
    ("efficiency", "efficiency and execution"),
    ("correction", "correction"),
)


def diagnose_command(
    run: str,
    success: str | None,
    scenario: str | None,
    out: Path | None,
    teacher: tuple[str | None, str, str],
    json_file: str | None,
    markdown: str | None,
) -> None:
    rule = success_rule_named(success)
    table = load_run(resolve_run(run))
    endpoint, model, key = teacher
    ask = OpenAITeacher(endpoint, model, key) if endpoint else None
    reports = diagnose(table, success=rule, teacher=ask)
    notes = list(table.notes)
    if ask is not None:
        ask.close()
        if ask.refused:
            notes.append(
                f"the teacher's answers for {ask.refused} of {len(reports)} failures did not fit the schema: these keep the rules' texts"
            )
    shown = _chosen(reports, scenario) if scenario else reports
    if "-" not in (json_file, markdown):
        print_sections(_full(shown) if scenario else sections(table, reports), notes)
    elsewhere = "://" in table.path or (Path(table.path) / "baseline.json").is_file()  # a baseline stays as it was accepted
    quiet = "-" in (json_file, markdown)
    if out is None and elsewhere:
        print("--out DIR writes failures.parquet: it does not go into a baseline, or to another file system", file=sys.stderr)
    else:
        written = write_failures(reports, out or Path(table.path))
        print(f"reports: {written}", file=sys.stderr if quiet else sys.stdout)
    if json_file:
        data = {"modes": [mode.model_dump() for mode in failure_modes(reports)], "reports": [report.model_dump() for report in shown]}
        write_text(json_file, json.dumps(data, indent=1, allow_nan=False) + "\n")
    if markdown:
        write_text(markdown, to_markdown(f"Failures of {table.name}", [*sections(table, reports), *_full(shown)], notes))


def sections(table: RunTable, reports: Sequence[FailureReport]) -> Iterator[Section]:
    """The table of failure modes, and a line an episode."""
    judged = len(table.rows) - table.errors
    rows = [
        (m.mode, str(m.count), f"{100 * m.share:.0f} %", _counts(m.layers), _counts(m.tasks), m.description) for m in failure_modes(reports)
    ]
    note = f"{len(reports)} of {judged} episodes failed" + (
        f"; {table.errors} more ended in errors and have no diagnosis" if table.errors else ""
    )
    yield Section(
        f"failure modes of {table.name} ({table.agent})", ("mode", "episodes", "share", "layer at fault", "tasks", "meaning"), rows, note
    )
    if reports:
        lines = [
            (r.scenario_id, r.task, r.mode, str(r.step), r.layer + ("" if r.layer_certain else " (?)"), r.correction.text) for r in reports
        ]
        yield Section(
            "failed episodes",
            ("scenario", "task", "mode", "step", "layer", "correction"),
            lines,
            "(?): the policy recorded neither plan nor pointing",
        )


def _full(reports: Sequence[FailureReport]) -> Iterator[Section]:
    for report in reports:
        rows: list[tuple[str, ...]] = []
        for name, title in PARTS:
            part: Any = getattr(report, name)
            rows.append((title, getattr(part, "verdict", ""), part.text))
        title = f"{report.scenario_id} {report.task}: {report.mode} at step {report.step}, {report.layer} at fault"
        yield Section(
            title,
            ("part", "verdict", "text"),
            rows,
            f"instruction: {report.instruction}; layer: {report.layer_reason}; author: {report.author}",
        )


def _chosen(reports: Sequence[FailureReport], scenario: str) -> list[FailureReport]:
    found = [report for report in reports if report.scenario_id.startswith(scenario)]
    if not found:
        known = ", ".join(report.scenario_id for report in reports[:6])
        raise ConfigError(f"--scenario {scenario}: no failed episode of that id", f"failed: {known}" if known else "nothing failed")
    return found


def _counts(values: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in values.items())
