"""``gauntlet nightly``: run what is missing, gate each cell, write one page, keep the history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.compare import RunTable, load_run
from harness.config import agent_paths, compose
from harness.display import make_display
from harness.errors import ConfigError, GauntletError
from harness.evaluation import prepare
from harness.execution.runner import RunPlan, Watcher, run
from harness.execution.worker import Executor
from harness.gate import EXIT_CODES, GateRule, Verdict, gate, load_rule
from harness.gate.sequential_gate import sequential_verdict
from harness.gate.watching import SequentialWatcher, run_until_decided
from harness.nightly.matrix import Cell, NightlyConfig, expand, load_nightly
from harness.nightly.page import write_page

NO_BASELINE, NOT_RUN = "no baseline", "not run"


@dataclass(frozen=True)
class CellResult:
    """``ruling``: the gate's, or "no baseline", or "not run" (``text`` says why)."""

    cell: Cell
    run: str
    ruling: str
    text: str
    verdict: Verdict | None = None
    success: dict[str, Any] | None = None
    names: tuple[str, str] = ("", "")
    """of the agent and the suite in the run's own tables"""

    def to_json(self, stamp: str) -> dict[str, Any]:
        facts = {
            "stamp": stamp,
            "agent": self.cell.agent,
            "suite": self.cell.suite,
            "run": self.run,
            "ruling": self.ruling,
            "text": self.text,
        }
        return {**facts, "baseline": self.cell.baseline, "success": self.success}


def nightly_command(path: Path, stamp: str | None, only: str | None, dry: bool, quiet: bool) -> int:
    """Exit code: the worst cell's."""
    config = load_nightly(path)
    rule = load_rule(config.rule, config.rule_overrides)
    cells = [cell for cell in expand(config) if only is None or only in cell.agent or only in cell.suite]
    if not cells:
        raise ConfigError(f"--only {only}: no cell holds that", ", ".join(f"{c.agent} on {c.suite}" for c in expand(config)))
    night = stamp or datetime.now(UTC).strftime("%Y-%m-%d")
    planned = [(cell, *_prepared(cell, config, night)) for cell in cells]  # all of them before the first runs: a typo costs no night
    if dry:
        for cell, plan, _ in planned:
            print(f"{plan.root}: {cell.agent} on {cell.suite}, {len(plan.suite.scenarios)} scenarios, baseline {cell.baseline}")
        return 0
    results = []
    for cell, plan, executor in planned:
        result, interrupted = _play(cell, plan, executor, config, rule, quiet)
        if interrupted:
            return 130
        results.append(result)
        print(f"{cell.agent} on {cell.suite}: {result.ruling} ({result.text})", flush=True)
    _keep(Path(config.results), config.name, night, results)
    print(f"page: {write_page(config, night, results)}")
    return max((EXIT_CODES.get(result.ruling, 2 if result.ruling == NOT_RUN else 0) for result in results), key=(0, 2, 1).index)


def _prepared(cell: Cell, config: NightlyConfig, night: str) -> tuple[RunPlan, Executor]:
    given = [*cell.overrides, f"results={config.results}", f"name={cell.run_name(night)}"]
    return prepare(compose(given, list(config.config_dirs)), paths=agent_paths(given))


def _play(cell: Cell, plan: RunPlan, executor: Executor, config: NightlyConfig, rule: GateRule, quiet: bool) -> tuple[CellResult, bool]:
    """(what came of it, whether a person interrupted it)."""
    folder = Path(config.baselines) / cell.baseline
    watchers: list[Watcher] = [make_display(quiet=quiet)]
    try:
        baseline = load_run(folder) if (folder / "run.json").is_file() else None
        watcher = SequentialWatcher(baseline, rule) if config.sequential and baseline is not None else None
        interrupted = run_until_decided(plan, executor, watcher, watchers) if watcher else run(plan, executor, watchers).interrupted
        if interrupted:
            return CellResult(cell, str(plan.root), NOT_RUN, "interrupted"), True
        table = load_run(plan.root)
        return _judged(cell, plan, table, baseline, rule, config.sequential), False
    except GauntletError as error:
        return CellResult(cell, str(plan.root), NOT_RUN, str(error)), False


def _judged(cell: Cell, plan: RunPlan, table: RunTable, baseline: RunTable | None, rule: GateRule, sequential: bool) -> CellResult:
    from harness.statistics import wilson

    rows = [row for row in table.rows.values() if row.outcome != "error"]
    rate = wilson(sum(bool(row.success(rule.success or table.success_rule)) for row in rows), len(rows))
    names = (table.agent, table.suite)
    if baseline is None:
        text = f"success {str(rate).strip()}; accept it with: gauntlet baseline accept {plan.root} --as {cell.baseline}"
        return CellResult(cell, str(plan.root), NO_BASELINE, text, None, rate.to_json(), names)
    verdict = sequential_verdict(table, baseline, rule) if sequential else gate(table, baseline, rule)
    worst = [check for check in verdict.checks if check.ruling == verdict.ruling] or verdict.checks
    return CellResult(cell, str(plan.root), verdict.ruling, worst[0].text, verdict, rate.to_json(), names)


def _keep(results: Path, name: str, night: str, found: Sequence[CellResult]) -> None:
    """One line a cell and night in ``<results>/nightly/<name>.jsonl``; a night run again replaces its lines."""
    place = results / "nightly" / f"{name}.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    now = {(result.cell.agent, result.cell.suite) for result in found}
    lines = [line for line in place.read_text().splitlines() if line] if place.is_file() else []
    kept = [line for line in lines if not ((entry := json.loads(line))["stamp"] == night and (entry["agent"], entry["suite"]) in now)]
    place.write_text("".join(f"{line}\n" for line in [*kept, *(json.dumps(result.to_json(night)) for result in found)]))
