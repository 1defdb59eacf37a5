"""Compares runs, pair by pair of episodes of the same scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from harness.compare.bootstrap import FEW, paired_bootstrap
from harness.compare.comparable import paired_ids, success_rule, version_notes
from harness.compare.comparison import Comparison, Flip, GroupComparison, Interval, MetricComparison, PairComparison, Ranking, Side
from harness.compare.paired import PairCounts, mcnemar_exact, paired_difference
from harness.compare.power import smallest_drop
from harness.compare.run_table import EpisodeRow, RunTable, load_run
from harness.errors import ConfigError, did_you_mean
from harness.statistics import wilson
from harness.success_rule import SuccessRule

Pair = tuple[EpisodeRow, EpisodeRow]
WHOLE = "all"
CLUSTER_TAGS = ("scene", "log")


def compare(
    runs: Sequence[str | Path | RunTable],
    *,
    by: Sequence[str] = ("task",),
    success: SuccessRule | None = None,
    intersect: bool = False,
    confidence: float = 0.95,
    resamples: int = 2000,
    metrics: bool = True,
) -> Comparison:
    """Compare each run with the first, over the scenarios that pair.

    Args:
        runs: two or more run folders, baselines or tables.
        by: "task", or names of tags (axis, severity, ...): a group for each value; ``task+axis``: one for each combination.
        success: which success counts; None: the suites' own rule.
        intersect: compare what pairs although the suites differ.
        confidence: of all intervals.
        resamples: of each bootstrap.
        metrics: compare the continuous measures too.

    Raises:
        ConfigError: fewer than two runs, no scenario in common, suites, scorers or data that differ, an unknown tag; StoreError: a run that cannot be read.
    """
    if len(runs) < 2:
        raise ConfigError(f"{len(runs)} run to compare", "give two or more run folders")
    tables = [run if isinstance(run, RunTable) else load_run(run) for run in runs]
    rule: SuccessRule = success_rule(tables, success)
    notes = list(dict.fromkeys(note for table in tables for note in table.notes))
    _check_tags(by, tables)
    found = []
    for place, table in enumerate(tables[1:], 1):
        pair = _Pair(tables[0], table, rule, confidence, resamples if metrics else 0, intersect)
        found.append(pair.compare(0, place, by))
        notes += [note for note in pair.notes if note not in notes]
    ranking = _rank(tables, rule, confidence) if len(tables) > 2 else None
    return Comparison([table.to_json() for table in tables], rule, confidence, list(by), found, ranking, notes)


class _Pair:
    """The first run and another. ``resamples`` 0: only success is compared."""

    def __init__(self, a: RunTable, b: RunTable, rule: SuccessRule, confidence: float, resamples: int, intersect: bool) -> None:
        self.a, self.b, self.confidence, self.resamples = a, b, confidence, resamples
        self.rule: SuccessRule = rule
        self.ids = paired_ids(a, b, intersect)
        self.notes = list(version_notes(a, b))
        shared = set(b.measures())
        self.measures = [name for name in a.measures() if name in shared]

    def compare(self, place_a: int, place_b: int, by: Sequence[str]) -> PairComparison:
        pairs = [(self.a.rows[scenario], self.b.rows[scenario]) for scenario in self.ids]
        if all("error" in (one.outcome, two.outcome) for one, two in pairs):
            self.notes.append(f"every pair of {self.a.name} and {self.b.name} has an error on one side: there is no rate to compare")
        never = tuple(dict.fromkeys([*self.a.never_pool, *self.b.never_pool]))
        strata = _split(pairs, lambda row: " ".join(f"{tag}={row.group(tag)}" for tag in never if tag in row.tags) or WHOLE)
        if len(strata) > 1:
            self.notes.append(f"{', '.join(never)} are never pooled: the whole is given for each of {len(strata)} settings")
            overall = [self._group("setting", name, group, whole=True) for name, group in strata.items()]
        else:
            overall = [self._group(WHOLE, WHOLE, pairs, whole=True)]
        groups = {}
        for key in by:
            members = _split(pairs, lambda row, key=key: row.group(key))
            kept = {name: group for name, group in sorted(members.items(), key=_order) if not self._mixed(group, never, f"{key} {name}")}
            groups[key] = _holm([self._group(key, name, group) for name, group in kept.items()])
        overall = _holm(overall)
        return PairComparison(
            place_a, place_b, overall, groups, self._flips(pairs), len(self.a.rows) - len(pairs), len(self.b.rows) - len(pairs)
        )

    def _mixed(self, pairs: Sequence[Pair], never: Sequence[str], what: str) -> bool:
        for tag in never:
            if len({row.group(tag) for row, _ in pairs}) > 1:
                self.notes.append(f"{what} pools several values of {tag}, which are never pooled: it has no figures")
                return True
        return False

    def _group(self, by: str, name: str, pairs: Sequence[Pair], whole: bool = False) -> GroupComparison:
        judged = [(one, two) for one, two in pairs if "error" not in (one.outcome, two.outcome)]
        counts = PairCounts.of((bool(one.success(self.rule)), bool(two.success(self.rule))) for one, two in judged)
        everything = PairCounts.of((one.success(self.rule) is True, two.success(self.rule) is True) for one, two in pairs)
        difference = paired_difference(counts, self.confidence)
        with_errors = paired_difference(everything, self.confidence)
        return GroupComparison(
            by=by,
            name=name,
            pairs=len(pairs),
            judged=len(judged),
            a=self._side(pairs, judged, 0),
            b=self._side(pairs, judged, 1),
            lost=counts.lost,
            won=counts.won,
            difference=Interval(difference.value, difference.low, difference.high),
            p=difference.p,
            p_holm=difference.p,
            difference_with_errors=Interval(with_errors.value, with_errors.low, with_errors.high),
            p_with_errors=with_errors.p,
            detectable_drop=smallest_drop(counts.n, counts.discordant, round(1 - self.confidence, 9)),
            clustered=self._clustered(judged) if whole and self.resamples else None,
            metrics=self._metrics(judged) if self.resamples else {},
        )

    def _side(self, pairs: Sequence[Pair], judged: Sequence[Pair], side: int) -> Side:
        def rate(rows: Sequence[EpisodeRow], rule: SuccessRule) -> Interval:
            found = wilson(sum(row.success(rule) is True for row in rows), len(rows), self.confidence)
            return Interval(found.value, found.low, found.high)

        everything, rows = [pair[side] for pair in pairs], [pair[side] for pair in judged]
        return Side(
            rate=rate(rows, self.rule),
            with_errors=rate(everything, self.rule),
            last=rate(rows, "last").value,
            any=rate(rows, "any").value,
            errors=sum(row.outcome == "error" for row in everything),
        )

    def _clustered(self, judged: Sequence[Pair]) -> Interval:
        differences = [float(bool(two.success(self.rule))) - float(bool(one.success(self.rule))) for one, two in judged]
        kind, clusters = _clusters([one for one, _ in judged])
        interval, number = paired_bootstrap(differences, clusters, self.confidence, self.resamples)
        if kind != "episode" and number < FEW:
            self.notes.append(f"intervals clustered by {kind} rest on {number} {kind}s only: take them as rough")
        return interval

    def _metrics(self, judged: Sequence[Pair]) -> dict[str, MetricComparison]:
        found = {}
        for name in self.measures:
            odd = sum(name in one.not_finite or name in two.not_finite for one, two in judged)
            if odd:
                self.notes.append(f"{name} is not a finite number in {odd} of {len(judged)} pairs: these are left out of it")
            both = [(one, two) for one, two in judged if name in one.values and name in two.values]
            if both or odd:
                found[name] = self._metric(name, both, odd)
        return found

    def _metric(self, name: str, both: Sequence[Pair], odd: int) -> MetricComparison:
        a, b = [one.values[name] for one, _ in both], [two.values[name] for _, two in both]
        kind, clusters = _clusters([one for one, _ in both])
        difference, number = paired_bootstrap([y - x for x, y in zip(a, b)], clusters, self.confidence, self.resamples)
        middle = median(a) if a else 0.0
        return MetricComparison(
            name=name,
            n=len(both),
            a=sum(a) / len(a) if a else None,
            b=sum(b) / len(b) if b else None,
            difference=difference,
            ratio_of_medians=median(b) / middle if middle else None,
            cluster=kind,
            clusters=number,
            not_finite=odd,
        )

    def _flips(self, pairs: Sequence[Pair]) -> list[Flip]:
        flips = []
        for one, two in pairs:
            before, now = _outcome(one, self.rule), _outcome(two, self.rule)
            if before != now:
                kind = "error" if "error" in (before, now) else "fixed" if now == "success" else "broken"
                flips.append(Flip(one.scenario_id, one.task, dict(one.tags), before, now, kind))
        return sorted(flips, key=lambda flip: (("broken", "fixed", "error").index(flip.kind), flip.task, flip.scenario_id))


def _outcome(row: EpisodeRow, rule: SuccessRule) -> str:
    won = row.success(rule)
    return "error" if row.outcome == "error" else "success" if won else "failure"


def _order(item: tuple[str, Any]) -> tuple[float, str]:
    """Numbers by their value, texts by the alphabet."""
    try:
        return float(item[0]), ""
    except ValueError:
        return float("inf"), item[0]


def _split(pairs: Sequence[Pair], key: Any) -> dict[str, list[Pair]]:
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(key(pair[0]), []).append(pair)
    return groups


def _clusters(rows: Sequence[EpisodeRow]) -> tuple[str, list[str]]:
    """What is resampled together: scenes (or logs) where the scenarios are tagged with them, else tasks if there are several, else single episodes."""
    for tag in CLUSTER_TAGS:
        if rows and all(tag in row.tags for row in rows) and len({row.tags[tag] for row in rows}) > 1:
            return tag, [row.tags[tag] for row in rows]
    if len({row.task for row in rows}) > 1:
        return "task", [row.task for row in rows]
    return "episode", [row.scenario_id for row in rows]


def _holm(groups: list[GroupComparison]) -> list[GroupComparison]:
    adjusted = holm([group.p for group in groups])
    return [replace(group, p_holm=p) for group, p in zip(groups, adjusted)]


def holm(values: Iterable[float | None]) -> list[float | None]:
    """Holm's adjustment (statsmodels); None stays None and does not count."""
    from statsmodels.stats.multitest import multipletests

    given = list(values)
    known = [value for value in given if value is not None]
    if len(known) < 2:
        return given
    adjusted = iter(np.asarray(multipletests(known, method="holm")[1]))
    return [None if value is None else float(next(adjusted)) for value in given]


def _rank(tables: Sequence[RunTable], rule: SuccessRule, confidence: float) -> Ranking:
    shared = [s for s in tables[0].rows if all(s in t.rows and t.rows[s].outcome != "error" for t in tables)]
    won = [[bool(table.rows[scenario].success(rule)) for scenario in shared] for table in tables]
    rates = [wilson(sum(mine), len(mine), confidence) for mine in won]
    places = list(combinations(range(len(tables)), 2))
    counts = [PairCounts.of(zip(won[i], won[j])) for i, j in places]
    adjusted = holm([mcnemar_exact(c.won, c.lost) for c in counts])
    p = {pair: value if value is not None else 1.0 for pair, value in zip(places, adjusted)}
    order = sorted(range(len(tables)), key=lambda place: (-sum(won[place]), place))
    return Ranking(
        scenarios=len(shared),
        order=order,
        rates=[Interval(rate.value, rate.low, rate.high) for rate in rates],
        sets=_alike(order, p, 1 - confidence),
        p_holm={f"{i}-{j}": value for (i, j), value in p.items()},
    )


def _alike(order: Sequence[int], p: Mapping[tuple[int, int], float], alpha: float) -> list[list[int]]:
    """The longest stretches of ``order`` of which no two differ."""
    stretches: list[list[int]] = []
    for start in range(len(order)):
        stretch = [order[start]]
        for place in order[start + 1 :]:
            if any(p[min(place, other), max(place, other)] <= alpha for other in stretch):
                break
            stretch.append(place)
        if not stretches or not set(stretch) <= set(stretches[-1]):
            stretches.append(stretch)
    return stretches


def _check_tags(by: Sequence[str], tables: Sequence[RunTable]) -> None:
    known = {tag for table in tables for row in table.rows.values() for tag in row.tags}
    for key in by:
        for part in key.split("+"):
            if part != "task" and part not in known:
                raise ConfigError(f"--by {key}: no scenario has the tag {part!r}", did_you_mean(part, {"task", *known}))
