"""How a run is shown: live with rich on a terminal, in plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from harness.episode import Episode, EpisodeError
from harness.execution.job import Job
from harness.execution.runner import RunPlan, Watcher
from harness.execution.worker import PhaseNow
from harness.scenario import Scenario
from harness.statistics import MeanRate, Rate, wilson
from harness.substitutes import footnote, mark

PLAIN_SECONDS = 15.0
STYLES = {"success": "green", "failure": "yellow", "error": "bold red"}


def make_display(console: Console | None = None, quiet: bool = False) -> Watcher:
    """The live display on a terminal, plain lines elsewhere, next to nothing if ``quiet``."""
    console = console or Console(stderr=True)
    if console.is_terminal and not quiet and os.environ.get("TERM") != "dumb":
        return LiveDisplay(console)
    return PlainDisplay(console, quiet)


class _Tally:
    def __init__(self) -> None:
        self.success = "last"
        self.mixes: str | None = None
        self.total = self.done = self.errors = self.wins = 0

    def begin(self, plan: RunPlan, done: Sequence[Episode]) -> None:
        self.success = plan.suite.success
        self.mixes = plan.suite.mixes
        self.total = len(plan.suite.scenarios)
        for episode in done:
            self.count(episode)

    def count(self, episode: Episode) -> None:
        self.done += 1
        self.errors += episode.outcome == "error"
        self.wins += episode.outcome == "success"

    @property
    def rate(self) -> Rate:
        """Empty where the suite mixes what must not be pooled."""
        return wilson(0, 0) if self.mixes else wilson(self.wins, self.done - self.errors)


class PlainDisplay:
    """A line at the start, one now and then, one for everything that went wrong."""

    def __init__(self, console: Console, quiet: bool = False) -> None:
        self.console, self.quiet, self.tally = console, quiet, _Tally()
        self._said = monotonic()

    def started(self, plan: RunPlan, done: Sequence[Episode], to_do: int, notes: Sequence[str]) -> None:
        self.tally.begin(plan, done)
        if not self.quiet:
            resumed = f", {len(done)} done before" if done else ""
            self._say(f"run {plan.name}: {plan.suite.name} with {plan.agent.get('name')}, {to_do} episodes to run{resumed}")
        for note in notes:
            self._say(note)

    def finished(self, episode: Episode, root: Path) -> None:
        self.tally.count(episode)
        if episode.error is not None:
            self._say(_error_line(episode))
        elif not self.quiet and (monotonic() - self._said > PLAIN_SECONDS or self.tally.done == self.tally.total):
            self._say(f"{self.tally.done}/{self.tally.total} episodes, success {self.tally.rate}, errors {self.tally.errors}")

    def retrying(self, job: Job, error: EpisodeError) -> None:
        self._say(_retry_line(job, error))

    def tick(self, workers: Sequence[tuple[str, Scenario | None, PhaseNow | None]]) -> None:
        """Plain output does not tick."""

    def ended(self, interrupted: bool) -> None:
        if interrupted:
            self._say(f"interrupted after {self.tally.done}/{self.tally.total} episodes; the same command resumes")

    def _say(self, line: str) -> None:
        self._said = monotonic()
        print(line, file=self.console.file, flush=True)


class LiveDisplay:
    """Episodes done, running success with its interval, time left, and what each worker is doing."""

    def __init__(self, console: Console) -> None:
        self.console, self.tally = console, _Tally()
        self.progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self.live = Live(self.progress, console=console, refresh_per_second=4, transient=True)

    def started(self, plan: RunPlan, done: Sequence[Episode], to_do: int, notes: Sequence[str]) -> None:
        self.tally.begin(plan, done)
        self.task = self.progress.add_task(plan.name, total=len(plan.suite.scenarios), completed=len(done), rate="")
        self.live.start()
        for note in notes:
            self.console.print(note, style="yellow", highlight=False)

    def finished(self, episode: Episode, root: Path) -> None:
        self.tally.count(episode)
        failed = f"  errors {self.tally.errors}" if self.tally.errors else ""
        self.progress.update(self.task, completed=self.tally.done, rate=f"success {self.tally.rate}{failed}")
        if episode.error is not None:
            self.console.print(_error_line(episode), style=STYLES["error"], highlight=False, markup=False)

    def retrying(self, job: Job, error: EpisodeError) -> None:
        self.console.print(_retry_line(job, error), style="yellow", highlight=False, markup=False)

    def tick(self, workers: Sequence[tuple[str, Scenario | None, PhaseNow | None]]) -> None:
        table = Table.grid(padding=(0, 2))
        for name, scenario, phase in workers:
            if scenario is None or phase is None:
                table.add_row(Text(name, style="dim"), Text("idle", style="dim"))
                continue
            slow = phase.seconds > 10 and phase.name != "make"
            doing = f"{phase.name} {phase.step}/{scenario.max_steps}" if phase.step else phase.name
            table.add_row(
                name, f"{scenario.task} seed {scenario.seed}", Text(f"{doing} {phase.seconds:.0f} s", style="red" if slow else "")
            )
        self.live.update(Group(self.progress, table))

    def ended(self, interrupted: bool) -> None:
        self.live.stop()
        if interrupted:
            self.console.print(f"interrupted after {self.tally.done}/{self.tally.total} episodes; the same command resumes", style="yellow")


def print_summary(summary: Mapping[str, Any], root: Path, console: Console | None = None) -> None:
    """The closing table, and where everything is."""
    console = console or Console(file=sys.stdout, width=None if sys.stdout.isatty() else 130)
    table = Table(
        title=f"{summary['suite']}, agent {summary['agent']} (success at {'the last' if summary['success_rule'] == 'last' else 'any'} step)"
    )
    table.add_column("task", no_wrap=True)
    for heading in ("episodes", "errors", "success (95 %)", "any step", "progress", "steps", "act ms", "x real time"):
        table.add_column(heading, justify="right", no_wrap=True)
    for task, group in summary["tasks"].items():
        table.add_row(task + mark(group.get("substitutes")), *_cells(group))
    table.add_section()
    overall = summary["overall"]
    marked = mark(overall.get("substitutes"))
    table.add_row(f"all (micro){marked}", *_cells(overall), style="bold")
    if overall["macro"]:
        table.add_row(
            f"mean of tasks (macro){marked}", "", "", str(MeanRate(*(overall["macro"][k] for k in ("rate", "low", "high")))), style="bold"
        )
    if figures := summary.get("aggregates"):
        table.add_section()
        table.add_row("as published", style="dim")
        for figure in figures:
            table.add_row(*_figure(figure))
    console.print(table)
    if told := footnote(overall.get("substitutes"), overall["episodes"] - overall["errors"]):
        console.print(told, style="yellow", highlight=False, markup=False, soft_wrap=True)
    if summary.get("mixes"):
        console.print(f"no figure over all: the suite mixes {summary['mixes']}", style="yellow", highlight=False)
    if summary["missing"]:
        console.print(f"{summary['missing']} of {summary['scenarios']} scenarios have no result yet", style="yellow", highlight=False)
    for label, path in (("table", root / "episodes.parquet"), ("summary", root / "summary.json"), ("video", _a_video(root))):
        if path is not None:
            console.print(f"{label + ':':9}{path}", highlight=False, soft_wrap=True)


def _cells(group: Mapping[str, Any]) -> list[str]:
    metrics = group["metrics"]

    def mean(name: str, form: str, scale: float = 1.0) -> str:
        return form.format(metrics[name]["mean"] * scale) if metrics[name].get("n") else "-"

    any_step = metrics["success_any"]
    return [
        str(group["episodes"]),
        str(group["errors"]) if group["errors"] else "-",
        str(Rate(*(group["success"][key] for key in ("k", "n", "low", "high")))),
        f"{100 * any_step['rate']:.0f} %" if any_step["n"] else "-",
        mean("progress", "{:.2f}"),
        mean("steps", "{:.0f}"),
        mean("act_seconds", "{:.1f}", 1000),
        mean("real_time_factor", "{:.1f}"),
    ]


def _figure(figure: Mapping[str, Any]) -> list[str]:
    """A published aggregate's row; a figure that not every episode has gone into yet says so."""
    count = str(figure["episodes"]) if figure["complete"] else f"{figure['episodes'] - figure['errors']} of {figure['expected']}"
    errors = str(figure["errors"]) if figure["errors"] else "-"
    name = f"  {figure['name']}{mark(figure.get('substitutes'))}"
    if figure["rate"] is None:
        return [name, count, errors, "-", "-"]
    return [
        name,
        count,
        errors,
        str(MeanRate(figure["rate"], figure["low"], figure["high"])),
        f"{100 * figure['any']:.0f} %",
    ]


def _a_video(root: Path) -> Path | None:
    return next(iter(sorted(root.glob("episodes/*/*.mp4"))), None)


def _error_line(episode: Episode) -> str:
    error = episode.error
    assert error is not None
    return f"error: {episode.scenario.task} seed {episode.scenario.seed} ({episode.scenario_id}), {error.phase} at step {error.step}: {_one_line(error.message)}"


def _retry_line(job: Job, error: EpisodeError) -> str:
    return f"retry: {job.scenario.task} seed {job.scenario.seed} ({job.scenario.id}), attempt {job.attempt} failed in {error.phase}: {_one_line(error.message)}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:297] + "..."
