"""The page of a night: the matrix of verdicts, each cell's checks, and the trends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.compare.rendering import to_html
from harness.compare.sections import Section
from harness.gate.outputs import verdict_sections
from harness.history.plot import trend_chart
from harness.history.query import query_history
from harness.nightly.matrix import NightlyConfig

if TYPE_CHECKING:
    from harness.nightly.command import CellResult


def write_page(config: NightlyConfig, night: str, results: Sequence[CellResult]) -> Path:
    """``<results>/nightly/<name>.html``: one file that opens from disk."""
    points, notes = query_history([config.results])
    played = {result.names for result in results}
    mine = [point for point in points if (point.agent, point.suite) in played]
    charts = []
    for suite in sorted({point.suite for point in mine}):
        of_suite = [point for point in mine if point.suite == suite]
        if of_suite:
            charts.append(trend_chart(of_suite, f"{suite}: success over time", library=not charts))
    counts = {ruling: sum(result.ruling == ruling for result in results) for ruling in dict.fromkeys(result.ruling for result in results)}
    lead = [f"Night {night}: " + ", ".join(f"{count} {ruling}" for ruling, count in counts.items()), *notes]
    place = Path(config.results) / "nightly" / f"{config.name}.html"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(to_html(f"{config.name}, {night}", _sections(results), lead, "".join(charts), after=1))
    return place


def _sections(results: Sequence[CellResult]) -> Iterator[Section]:
    agents = list(dict.fromkeys(result.cell.agent for result in results))
    found = {(result.cell.suite, result.cell.agent): result for result in results}
    rows = []
    for suite in dict.fromkeys(result.cell.suite for result in results):
        cells = [found.get((suite, agent)) for agent in agents]
        rows.append((suite, *("-" if cell is None else f"{cell.ruling}, {_rate(cell)}" for cell in cells)))
    yield Section("suites x agents", ("suite", *agents), rows)
    for result in results:
        title = f"{result.cell.agent} on {result.cell.suite} against {result.cell.baseline}"
        if result.verdict is None:
            yield Section(title, ("ruling", "why"), [(result.ruling, result.text)], f"run: {result.run}")
            continue
        for section in verdict_sections(result.verdict):
            yield Section(f"{title}: {section.title}", section.headings, section.rows, section.note)


def _rate(result: CellResult) -> str:
    rate = (result.success or {}).get("rate")
    return "no result" if rate is None else f"{100 * rate:.0f} %"
