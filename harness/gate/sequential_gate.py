"""A verdict over a run that may not be complete, valid whenever one looks."""

from __future__ import annotations

from harness.compare import RunTable, compare
from harness.compare.comparable import paired_ids, success_rule
from harness.gate.gating import gate
from harness.gate.rule import GateRule
from harness.gate.sequential import SequentialState, finished_pairs, look
from harness.gate.verdict import Check, Ruling, Verdict, combined


def sequential_verdict(run: RunTable, baseline: RunTable, rule: GateRule) -> Verdict:
    """Judge by the anytime-valid test instead of the interval. Groups and measures are not judged: each would spend error of its own.

    Regress: the evidence reached 1/alpha, and the drop seen is at least the floor. Pass: a drop beyond the tolerance is excluded, by the sequential test or, once the run is complete, by the paired interval. Else inconclusive: go on.

    Raises:
        ConfigError, StoreError: as :func:`harness.compare.compare`.
    """
    paired_ids(baseline, run)  # refuses what cannot be compared
    pairs, planned = finished_pairs(run, baseline, success_rule([baseline, run], rule.success))
    wanted = rule.sequential
    state = look(pairs, planned, wanted.alpha, rule.tolerance, wanted.stop_on_pass)
    plain = gate(run, baseline, rule.model_copy(update={"by": (), "measures": {}}))
    decided = state.ruling != "go on"
    checks = [check for check in plain.checks if check.kind in ("errors", "latency") or (check.kind == "missing" and not decided)]
    checks.insert(0, _check(state, run, baseline, rule))
    return Verdict(run.path, baseline.path, combined(checks), checks, plain.rule, plain.comparison, plain.notes, state.to_json())


def _check(state: SequentialState, run: RunTable, baseline: RunTable, rule: GateRule) -> Check:
    used = state.decided_at or state.pairs
    drop = (state.lost - state.won) / used if used else 0.0
    shown = f"{state.lost} lost and {state.won} won of {used} pairs, evidence {state.e_worse:.3g} of {1 / state.alpha:.0f}"
    facts = state.to_json()
    ruling: Ruling = "inconclusive"
    if state.ruling == "regress" and drop >= rule.floor:
        ruling, text = "regress", f"{shown}: worse"
    elif state.ruling == "pass":
        ruling, text = "pass", f"{shown}; evidence {state.e_fine:.3g} that the drop is below {100 * rule.tolerance:g} points"
    elif run.missing:
        text = f"{shown}: go on"
    else:
        (overall, *rest) = compare([baseline, run], by=(), success=rule.success, confidence=rule.confidence, metrics=False).pairs[0].overall
        groups = [overall, *rest]
        if all(group.difference.low is not None and group.difference.low >= -rule.tolerance for group in groups):
            ruling, text = "pass", f"{shown}; complete, and a drop of more than {100 * rule.tolerance:g} points is excluded"
        else:
            text = f"{shown}; complete, but a drop of more than {100 * rule.tolerance:g} points is not excluded"
    return Check("success", "success (sequential)", ruling, text, facts)
