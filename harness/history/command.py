"""``gauntlet history``."""

from __future__ import annotations

import json
from collections.abc import Sequence

from harness.cli.writing import write_text
from harness.compare.rendering import print_sections, to_html
from harness.compare.sections import Section
from harness.errors import ConfigError, did_you_mean
from harness.history.plot import trend_chart
from harness.history.query import HistoryPoint, query_history


def history_command(
    agent: str | None, suite: str | None, task: str | None, results: Sequence[str], json_file: str | None, html: str | None
) -> None:
    points, notes = query_history(results, agent, suite, task)
    if not points:
        everything, _ = query_history(results)
        for name, given, known in (("agent", agent, {p.agent for p in everything}), ("suite", suite, {p.suite for p in everything})):
            if given is not None and given not in known:
                raise ConfigError(f"no run of {name} {given!r} in {', '.join(results)}", did_you_mean(given, known))
        raise ConfigError(f"no episode of these in {', '.join(results)}", "leave out --task, or look with gauntlet history alone")
    title = "History" + "".join(f", {name} {value}" for name, value in (("agent", agent), ("suite", suite), ("task", task)) if value)
    table = history_section(points, title)
    if json_file != "-":
        print_sections([table], notes)
    if json_file:
        write_text(json_file, json.dumps([point.to_json() for point in points], indent=1, allow_nan=False) + "\n")
    if html:
        write_text(html, to_html(title, [table], notes, trend_chart(points)))


def history_section(points: Sequence[HistoryPoint], title: str) -> Section:
    """A line a run, oldest first."""
    names = list(dict.fromkeys(name for point in points for name in point.measures))
    rows = []
    for point in points:
        measures = [f"{point.measures[name]:.4g}" if name in point.measures else "-" for name in names]
        rows.append(
            (
                point.created[:16].replace("T", " "),
                point.run,
                point.agent,
                point.suite,
                str(point.episodes),
                str(point.errors),
                str(point.rate).strip(),
                *measures,
            )
        )
    headings = ("made", "run", "agent", "suite", "episodes", "errors", "success (95 %)", *names)
    return Section(title, headings, rows, f"{', '.join(names)}: medians" if names else "")
