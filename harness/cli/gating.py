"""``gauntlet gate`` and ``gauntlet baseline show``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.baselines import resolve_run
from harness.cli.writing import write_text
from harness.compare import RunTable, load_run
from harness.compare.rendering import print_sections
from harness.errors import ConfigError
from harness.gate import EXIT_CODES, GateRule, Verdict, gate, load_rule
from harness.gate.outputs import verdict_junit, verdict_markdown, verdict_sections
from harness.gate.sequential import simulate
from harness.gate.sequential_gate import sequential_verdict
from harness.gate.watching import SequentialWatcher, run_until_decided

SAVING_DROP = 0.15


def gate_command(
    run: str,
    overrides: Sequence[str],
    baseline: str,
    rule_name: str,
    intersect: bool,
    sequential: bool,
    start: Sequence[str],
    baselines: Path,
    outputs: Mapping[str, str | None],
) -> int:
    """The exit code. ``outputs``: {json, markdown, junit: file or None}."""
    rule = load_rule(rule_name, overrides)
    old = load_run(resolve_run(baseline, baselines))
    if start:
        if not sequential:
            raise ConfigError("--start goes with --sequential", "run the suite with gauntlet run, then gate it")
        start_run(run, start, old, rule)
    new = load_run(resolve_run(run, baselines))
    verdict = sequential_verdict(new, old, rule) if sequential else gate(new, old, rule, intersect)
    quiet = "-" in outputs.values()
    if not quiet:
        print_sections(verdict_sections(verdict), verdict.notes)
        if verdict.sequential is not None:
            print(_saving(old, rule, verdict))
        print(f"{verdict.ruling} (exit code {EXIT_CODES[verdict.ruling]})")
    if outputs.get("json"):
        write_text(str(outputs["json"]), json.dumps(verdict.to_json(), indent=1, allow_nan=False) + "\n")
    if outputs.get("markdown"):
        write_text(str(outputs["markdown"]), verdict_markdown(verdict))
    if outputs.get("junit"):
        write_text(str(outputs["junit"]), verdict_junit(verdict))
    return verdict.exit_code


def start_run(folder: str, overrides: Sequence[str], baseline: RunTable, rule: GateRule) -> None:
    """Start or resume the run in ``folder`` with the overrides of ``gauntlet run``, and stop it when the sequential test has decided."""
    from harness.config import agent_paths, compose
    from harness.display import make_display
    from harness.evaluation import prepare

    place = Path(folder)
    given = [*overrides, f"results={place.parent}", f"name={place.name}"]
    plan, executor = prepare(compose(given), paths=agent_paths(given))
    if run_until_decided(plan, executor, SequentialWatcher(baseline, rule), [make_display()]):
        raise KeyboardInterrupt


def show_baseline(name: str, folder: Path) -> None:
    """Print a baseline's summary and its source."""
    from harness.display import print_summary

    place = Path(resolve_run(name, folder))
    table = load_run(place)
    summary = place / "summary.json"
    if summary.is_file():
        print_summary(json.loads(summary.read_text()), place)
    facts = json.loads((place / "baseline.json").read_text()) if (place / "baseline.json").is_file() else {}
    commit = (table.manifest.get("git") or {}).get("commit", "unknown")
    print(
        f"accepted {facts.get('accepted', 'unknown')} from run {facts.get('run', table.name)}, made {table.created or 'unknown'}, commit {commit}"
    )


def _saving(baseline: RunTable, rule: GateRule, verdict: Verdict) -> str:
    planned = len(baseline.rows)
    state = verdict.sequential or {}
    nights = 2000 if planned <= 400 else max(200, 800_000 // planned)
    found = simulate(planned, SAVING_DROP, alpha=rule.sequential.alpha, nights=nights)
    used = state.get("decided_at") or state.get("pairs")
    return (
        f"sequential: {state.get('ruling')} after {used} of {planned} pairs (alpha {rule.sequential.alpha:g}); for a true drop of {100 * SAVING_DROP:.0f} points "
        f"it stops {100 * found.stopped:.0f} % of nights as worse and saves {found.saved:.0f} of {planned} episodes on average ({nights} simulated nights, policies otherwise differing on 10 % of scenarios)"
    )
