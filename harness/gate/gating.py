"""Judges a run against its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.compare import GroupComparison, RunTable, compare, load_run
from harness.compare.comparable import same_hardware
from harness.compare.sections import percent
from harness.errors import ConfigError, did_you_mean
from harness.gate.rule import GateRule
from harness.gate.verdict import Check, Ruling, Verdict, combined


def gate(run: str | Path | RunTable, baseline: str | Path | RunTable, rule: GateRule | None = None, intersect: bool = False) -> Verdict:
    """Judge ``run`` against ``baseline`` by ``rule`` (default: the rule ``default``).

    A drop counts only if the paired interval excludes 0 on the wrong side *and* the drop is at least ``floor``. Success passes if the interval also excludes drops beyond ``tolerance``; else nothing is known well enough: inconclusive.

    Raises:
        ConfigError, StoreError: as :func:`harness.compare.compare`.
    """
    rule = rule or GateRule()
    old = baseline if isinstance(baseline, RunTable) else load_run(baseline)
    new = run if isinstance(run, RunTable) else load_run(run)
    wants_measures = bool(rule.measures) or rule.latency.max_ratio is not None
    by = _known(rule.by, old, new)
    comparison = compare([old, new], by=by, success=rule.success, intersect=intersect, confidence=rule.confidence, metrics=wants_measures)
    pair = comparison.pairs[0]
    checks = [_success(group, rule) for group in pair.overall]
    for key in by:
        checks += [_group(group, rule) for group in pair.groups[key] if len(pair.groups[key]) > 1]
    for group in pair.overall:
        checks += [_measure(name, group, rule) for name in rule.measures]
        if rule.latency.max_ratio is not None:
            checks.append(_latency(group, rule, same_hardware(old, new)))
    checks += [_errors(new, rule), _missing(new, old, rule)]
    return Verdict(new.path, old.path, combined(checks), checks, rule.model_dump(mode="json"), comparison.to_json(), comparison.notes)


def _known(by: Sequence[str], *runs: RunTable) -> list[str]:
    """The groupings without the tags that no scenario has: one rule serves suites with and without perturbations."""
    tags = {"task", *(tag for run in runs for row in run.rows.values() for tag in row.tags)}
    kept = ["+".join(part for part in key.split("+") if part in tags) for key in by]
    return list(dict.fromkeys(key for key in kept if key))


def _success(group: GroupComparison, rule: GateRule) -> Check:
    name = "success" if group.name == "all" else f"success, {group.name}"
    drop, low, high = group.difference.value, group.difference.low, group.difference.high
    if drop is None or low is None or high is None:
        return Check(
            "success", name, "inconclusive", "no pair has a result in both runs: there is no rate to judge", {"pairs": group.pairs}
        )
    shown = f"{percent(group.b.rate)} against {percent(group.a.rate)}: {percent(group.difference, signed=True)} points over {group.judged} pairs"
    facts = {"difference": drop, "low": low, "high": high, "p": group.p, "pairs": group.judged, "detectable_drop": group.detectable_drop}
    seen = (
        "no drop could be shown"
        if group.detectable_drop is None
        else f"the smallest drop it could have seen: {100 * group.detectable_drop:.0f} points"
    )
    if high < 0 and -drop >= rule.floor:
        return Check(
            "success", name, "regress", f"{shown}; the interval excludes 0, and the drop is at least {100 * rule.floor:g} points", facts
        )
    if low < -rule.tolerance:
        text = f"{shown}; a drop of more than {100 * rule.tolerance:g} points is not excluded ({seen}): more scenarios are needed"
        return Check("success", name, "inconclusive", text, facts)
    return Check("success", name, "pass", f"{shown}; {seen}", facts)


def _group(group: GroupComparison, rule: GateRule) -> Check:
    """A group only ever adds a regression: it is too small to be asked for more."""
    name = f"{group.by} {group.name}"
    value, high = group.difference.value, group.difference.high
    if value is None or high is None or group.p_holm is None:
        return Check("group", name, "not judged", "no pair has a result in both runs", {"by": group.by, "group": group.name})
    worse = high < 0 and -value >= rule.floor and group.p_holm <= 1 - rule.confidence
    unknown = group.difference.low is None or group.difference.low < -rule.tolerance
    ruling: Ruling = "regress" if worse else "not judged" if unknown else "pass"
    text = f"{percent(group.b.rate)} against {percent(group.a.rate)}: {percent(group.difference, signed=True)} points over {group.judged} pairs, p {group.p_holm:.3g} (Holm)"
    text += "; too few pairs to tell" if ruling == "not judged" else ""
    facts = {"by": group.by, "group": group.name, "difference": value, "p_holm": group.p_holm, "pairs": group.judged}
    return Check("group", name, ruling, text, facts)


def _measure(name: str, group: GroupComparison, rule: GateRule) -> Check:
    if name not in group.metrics:
        known = ", ".join(group.metrics) or "none"
        raise ConfigError(
            f"gate rule {rule.name}: measures.{name} is not in both runs", f"{did_you_mean(name, group.metrics)} (there: {known})"
        )
    wanted, found = rule.measures[name], group.metrics[name]
    sign = 1.0 if wanted.better == "higher" else -1.0
    value, low, high = found.difference.value, found.difference.low, found.difference.high
    facts = {"difference": value, "low": low, "high": high, "n": found.n}
    if value is None:
        return Check("measure", name, "inconclusive", "no pair has a finite value in both runs", facts)
    if low is None or high is None:  # it does not vary
        low = high = value
    worst, best = (low, high) if sign > 0 else (-high, -low)
    text = f"{found.b:.4g} against {found.a:.4g}: {value:+.4g} [{low:+.4g}, {high:+.4g}] over {found.n} pairs"
    worse = best < 0 and -sign * value >= wanted.floor
    return Check("measure", name, "regress" if worse else "pass", text, {**facts, "worst": worst})


def _latency(group: GroupComparison, rule: GateRule, comparable: bool) -> Check:
    name, most = rule.latency.measure, rule.latency.max_ratio or 0.0
    title = f"latency ({name})" if group.name == "all" else f"latency ({name}), {group.name}"
    found = group.metrics.get(name)
    if found is None or found.ratio_of_medians is None:
        return Check("latency", title, "not judged", f"{name} is not in both runs")
    facts = {"ratio": found.ratio_of_medians, "max_ratio": most}
    text = f"ratio of medians {found.ratio_of_medians:.2f}, allowed {most:g}"
    if rule.latency.same_hardware and not comparable:
        return Check("latency", title, "not judged", f"{text}: the runs are from different hardware", facts)
    return Check("latency", title, "regress" if found.ratio_of_medians > most else "pass", text, facts)


def _errors(run: RunTable, rule: GateRule) -> Check:
    rate = run.errors / len(run.rows)
    text = f"{run.errors} of {len(run.rows)} episodes ended in errors ({100 * rate:.1f} %), allowed {100 * rule.max_error_rate:g} %"
    return Check(
        "errors", "errors", "regress" if rate > rule.max_error_rate else "pass", text, {"errors": run.errors, "episodes": len(run.rows)}
    )


def _missing(run: RunTable, baseline: RunTable, rule: GateRule) -> Check:
    """What was not run is not known: that is inconclusive, not worse."""
    text = f"{run.missing} of {run.scenarios} scenarios have no episode, allowed {rule.max_missing}"
    if baseline.missing:
        text += f" (baseline: {baseline.missing})"
    return Check(
        "missing", "missing episodes", "inconclusive" if run.missing > rule.max_missing else "pass", text, {"missing": run.missing}
    )
