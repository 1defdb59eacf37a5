"""``gauntlet run``."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.cli.app import EXIT_ERRORS
from harness.config import agent_paths, compose
from harness.display import make_display, print_summary
from harness.evaluation import prepare
from harness.execution.runner import RunPlan, run


def run_command(overrides: list[str], config_dirs: list[Path], dry: bool, quiet: bool) -> int:
    plan, executor = prepare(compose(overrides, config_dirs), paths=agent_paths(overrides))
    if dry:
        print_plan(plan)
        return 0
    result = run(plan, executor, [make_display(quiet=quiet)])
    print_summary(result.summary, result.root)
    return 130 if result.interrupted else EXIT_ERRORS if result.errors else 0


def print_plan(plan: RunPlan) -> None:
    """One line a scenario; a plain list where there is no terminal, so that it can be counted and cut."""
    console = Console()
    if not console.is_terminal:
        for scenario in plan.suite.scenarios:
            tags = " ".join(f"{k}={v}" for k, v in scenario.tags.items() if k not in ("suite", "task"))
            print(scenario.id, scenario.task, scenario.env, f"seed={scenario.seed}", f"max_steps={scenario.max_steps}", tags)
        return
    table = Table(title=f"{plan.suite.name}: {len(plan.suite.scenarios)} scenarios, agent {plan.agent.get('name')}, into {plan.root}")
    for heading in ("id", "task", "environment", "seed", "steps", "tags"):
        table.add_column(heading)
    for scenario in plan.suite.scenarios:
        tags = ", ".join(f"{k}={v}" for k, v in scenario.tags.items() if k not in ("suite", "task"))
        table.add_row(scenario.id, scenario.task, scenario.env, str(scenario.seed), str(scenario.max_steps), tags)
    console.print(table)
