"""``gauntlet references``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.errors import ConfigError
from harness.references import Agreement, PublishedTable, References, agreement, load_references

WIDTH = 130
MMRV = "mmrv(sim, real) = mean_i max_j |real_i - real_j| over the j that simulation and reality put on different sides of i; 0 is best."


def references_command(name: str, task: str | None, runs: Sequence[str], config_dirs: Sequence[Path]) -> None:
    references = load_references(name, config_dirs)
    tasks = references.matching_tasks(task) if task else list(references.tasks)
    mine = [_run(spec) for spec in runs]
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    print(references.title)
    for table in references.tables:
        if any(t in tasks for t in table.tasks):
            _show(console, *_published(references, table, tasks))
    for spec in references.correlations:
        pairs = [(t, references.values(t, spec.sim, spec.source), references.values(t, spec.real, spec.source)) for t in tasks]
        pairs = [pair for pair in pairs if pair[2]]
        found = [a for t, sim, real in pairs if (a := agreement(t, sim, real))]
        if found:
            _show(console, f"Ranking of policies: {spec.sim} against {spec.real}, {spec.source}. {MMRV}", _agreements(found))
        if mine and pairs:
            _show(console, f"Your runs, in %, beside {spec.source}", _beside(pairs, mine))
            own = [a for t, _, real in pairs if (a := agreement(t, {c: v[t] for c, v in mine if t in v}, real))]
            if own:
                _show(console, f"Ranking of policies: your runs against {spec.real}, {spec.source}", _agreements(own))
    print("\nBear in mind:")
    for correction in references.corrections:
        print(f"- {correction}")


def _show(console: Console, title: str, table: Table) -> None:
    print(f"\n{title}", flush=True)
    console.print(table)


def _published(references: References, table: PublishedTable, tasks: Sequence[str]) -> tuple[str, Table]:
    shown = [task for task in table.tasks if task in tasks]
    robots = ", ".join(dict.fromkeys(references.tasks[task]["robot"] for task in shown))
    made = Table()
    made.add_column("checkpoint", no_wrap=True)
    for task in shown:
        made.add_column(task.replace("_", " "), justify="right")
    for checkpoint in table.rows:
        shares = [table.share(checkpoint, task) for task in shown]
        made.add_row(checkpoint, *("-" if share is None else f"{100 * share:.1f}" for share in shares))
    return f"{robots}, {table.setting}, {table.measure} in %. Source: {references.sources[table.source]}", made


def _agreements(agreements: Sequence[Agreement]) -> Table:
    made = Table()
    made.add_column("task", no_wrap=True)
    for heading in ("policies", "mmrv(sim, real)", "mmrv(real, sim)", "Pearson"):
        made.add_column(heading, justify="right")
    for a in agreements:
        coefficient = "-" if a.pearson is None else f"{a.pearson:.3f}"
        made.add_row(a.task, str(len(a.checkpoints)), f"{a.mmrv:.3f}", f"{a.mmrv_swapped:.3f}", coefficient)
    return made


def _beside(pairs: Sequence[tuple[str, dict[str, float], dict[str, float]]], mine: Sequence[tuple[str, dict[str, float]]]) -> Table:
    made = Table()
    for heading in ("checkpoint", "task", "your run", "published, simulation", "published, real"):
        made.add_column(heading, justify="left" if heading in ("checkpoint", "task") else "right")
    for checkpoint, values in mine:
        for task, sim, real in pairs:
            if task in values:
                cells = (values[task], sim.get(checkpoint), real.get(checkpoint))
                made.add_row(checkpoint, task, *("-" if cell is None else f"{100 * cell:.1f}" for cell in cells))
    return made


def _run(spec: str) -> tuple[str, dict[str, float]]:
    """``checkpoint=run folder`` -> (checkpoint, {task: success}): the suite's published aggregates, and its tasks where they have none of that name."""
    checkpoint, equals, folder = spec.partition("=")
    path = Path(folder) / "summary.json"
    if not equals or not path.is_file():
        raise ConfigError(f"--run {spec}: no summary there", "write CHECKPOINT=RUN_FOLDER, for a run that has ended")
    summary = json.loads(path.read_text())
    values = {task: group["success"]["rate"] for task, group in summary["tasks"].items()}
    values.update({figure["name"]: figure["rate"] for figure in summary.get("aggregates", [])})
    return checkpoint, {task: value for task, value in values.items() if value is not None}
