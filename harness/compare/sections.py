"""A comparison as titled tables of text, which the terminal, Markdown and HTML all show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.compare.comparison import Comparison, GroupComparison, Interval, PairComparison, Side

FLIPS_SHOWN = 30


@dataclass(frozen=True)
class Section:
    """A table: ``rows`` of texts under ``headings``; ``note`` stands below it."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""

    def numeric(self, place: int) -> bool:
        """Whether a column holds figures, which are aligned to the right."""
        return all(_FIGURE.match(row[place]) for row in self.rows)


_FIGURE = re.compile(r"[-+<]?\d[\d.,]*(e[-+]\d+)?( .*)?$|-$|none")


def sections(comparison: Comparison, flips: int | None = FLIPS_SHOWN) -> Iterator[Section]:
    """Everything, in reading order. ``flips``: how many are listed at most; None: all."""
    names = labels(comparison)
    level = f"{comparison.confidence:.0%}"
    for pair in comparison.pairs:
        a, b = names[pair.a], names[pair.b]
        rule = {"last": "success at the last step", "any": "success at any step"}[comparison.success]
        title = f"{b} against {a}: {rule}, {level} intervals"
        yield Section(title, _headings(a, b), [_row(group) for group in pair.overall], _seen(pair))
        for key, groups in pair.groups.items():
            if len(groups) > 1 or key != "task":
                yield Section(f"by {key} (p adjusted by Holm)", _headings(a, b), [_row(group) for group in groups])
        yield _both_rules(pair, a, b)
        if any(group.a.errors or group.b.errors for group in pair.overall):
            yield _errors(pair, a, b)
        if any(group.metrics for group in pair.overall):
            yield _measures(pair, a, b, level)
        yield _flips(pair, a, b, flips)
    if comparison.ranking is not None:
        yield _ranking(comparison, names)


def labels(comparison: Comparison) -> list[str]:
    """A short name a run: its folder's, with the path where two share it."""
    names = [str(run["name"]) for run in comparison.runs]
    return [name if names.count(name) == 1 else str(run["path"]) for name, run in zip(names, comparison.runs)]


def percent(interval: Interval, signed: bool = False) -> str:
    """ "83.3 % [44, 97]"; points for a signed difference."""
    if interval.value is None:
        return "-"
    sign = "+" if signed else ""
    ends = (
        ""
        if interval.low is None or interval.high is None
        else f" [{round(100 * interval.low):{sign}d}, {round(100 * interval.high):{sign}d}]"
    )
    return f"{100 * interval.value:{sign}.1f}{'' if signed else ' %'}{ends}"


def number(value: float | None, signed: bool = False) -> str:
    """Four significant digits."""
    return "-" if value is None else f"{value:{'+' if signed else ''}.4g}"


def p_text(p: float | None) -> str:
    return "-" if p is None else "<0.0001" if p < 1e-4 else f"{p:.4f}".rstrip("0").rstrip(".")


def _headings(a: str, b: str) -> tuple[str, ...]:
    return ("group", "pairs", a, b, "difference (points)", "lost / won", "p", "smallest drop seen at 80 % power")


def _row(group: GroupComparison) -> tuple[str, ...]:
    drop = "none: too few pairs" if group.detectable_drop is None else f"{100 * group.detectable_drop:.0f} points"
    return (
        group.name,
        str(group.judged),
        percent(group.a.rate),
        percent(group.b.rate),
        percent(group.difference, signed=True),
        f"{group.lost} / {group.won}",
        p_text(group.p_holm),
        drop,
    )


def _seen(pair: PairComparison) -> str:
    words = []
    for group in pair.overall:
        name = "" if len(pair.overall) == 1 else f"{group.name}: "
        if group.detectable_drop is None:
            words.append(f"{name}{group.judged} pairs cannot show any drop")
        else:
            words.append(f"{name}the smallest drop this comparison could have seen (80 % power): {100 * group.detectable_drop:.0f} points")
        if group.clustered is not None and group.clustered.low is not None:
            words.append(f"{name}difference with whole tasks or scenes resampled: {percent(group.clustered, signed=True)}")
    if pair.only_a or pair.only_b:
        words.append(f"{pair.only_a} scenarios only in the first run, {pair.only_b} only in the second: not compared")
    return "; ".join(words)


def _both_rules(pair: PairComparison, a: str, b: str) -> Section:
    def rate(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.1f} %"

    rows = [(g.name, rate(g.a.last), rate(g.b.last), rate(g.a.any), rate(g.b.any)) for g in pair.overall]
    return Section("both rules of success", ("group", f"{a} last", f"{b} last", f"{a} any", f"{b} any"), rows)


def _errors(pair: PairComparison, a: str, b: str) -> Section:
    def side(one: Side) -> str:
        return f"{one.errors}"

    rows = [
        (
            g.name if g.by in (g.name, "setting") else f"{g.by} {g.name}",
            str(g.pairs),
            side(g.a),
            side(g.b),
            percent(g.a.with_errors),
            percent(g.b.with_errors),
            percent(g.difference_with_errors, signed=True),
            p_text(g.p_with_errors),
        )
        for g in [*pair.overall, *(g for groups in pair.groups.values() for g in groups if g.a.errors or g.b.errors)]
    ]
    headings = ("group", "scenarios", f"{a} errors", f"{b} errors", a, b, "difference (points)", "p")
    return Section("with errors counted as not solved", headings, rows)


def _measures(pair: PairComparison, a: str, b: str, level: str) -> Section:
    rows = []
    for group in pair.overall:
        for metric in group.metrics.values():
            low, high = metric.difference.low, metric.difference.high
            ends = "" if low is None or high is None else f" [{number(low, True)}, {number(high, True)}]"
            name = metric.name if len(pair.overall) == 1 else f"{group.name}: {metric.name}"
            ratio = "-" if metric.ratio_of_medians is None else f"{metric.ratio_of_medians:.2f}"
            cluster = f"{metric.clusters} {metric.cluster}s"
            rows.append(
                (name, str(metric.n), number(metric.a), number(metric.b), number(metric.difference.value, True) + ends, ratio, cluster)
            )
    headings = ("measure", "pairs", f"{a} mean", f"{b} mean", f"difference [{level}]", "ratio of medians", "resampled")
    return Section("measures (paired bootstrap)", headings, rows)


def _flips(pair: PairComparison, a: str, b: str, most: int | None) -> Section:
    shown = pair.flips if most is None else pair.flips[:most]
    rows = []
    for flip in shown:
        tags = " ".join(f"{key}={value}" for key, value in flip.tags.items() if key not in ("suite", "task", "twin"))
        rows.append((flip.kind, flip.scenario_id, flip.task, tags, flip.a, flip.b))
    counts = {kind: sum(flip.kind == kind for flip in pair.flips) for kind in ("broken", "fixed", "error")}
    left = len(pair.flips) - len(shown)
    note = ", ".join(f"{count} {kind}" for kind, count in counts.items()) + (f"; {left} more: --json has them all" if left else "")
    return Section("flips", ("kind", "scenario", "task", "tags", a, b), rows, note)


def _ranking(comparison: Comparison, names: list[str]) -> Section:
    ranking = comparison.ranking
    assert ranking is not None
    letters = {
        place: "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[k % 26] for k, alike in enumerate(ranking.sets) if place in alike)
        for place in ranking.order
    }
    rows = [(str(k), names[place], percent(ranking.rates[place]), letters[place]) for k, place in enumerate(ranking.order, 1)]
    note = f"over {ranking.scenarios} scenarios that all have judged; runs that share a letter cannot be told apart (exact McNemar, Holm)"
    return Section("ranking", ("rank", "run", "success", "set"), rows, note)
