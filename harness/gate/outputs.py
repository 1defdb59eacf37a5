"""A verdict for people and for machines: terminal, Markdown for a CI's step summary, JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

from harness.compare.rendering import to_markdown
from harness.compare.sections import Section
from harness.gate.verdict import Verdict

_SHOWN = {"pass": "pass", "regress": "REGRESS", "inconclusive": "inconclusive", "not judged": "not judged"}


def verdict_sections(verdict: Verdict) -> Iterator[Section]:
    """The checks, then what flipped to failure."""
    rows = [(check.name, _SHOWN[check.ruling], check.text) for check in verdict.checks]
    yield Section(f"verdict: {_SHOWN[verdict.ruling]}", ("check", "ruling", "why"), rows)
    broken = [flip for pair in verdict.comparison["pairs"] for flip in pair["flips"] if flip["kind"] != "fixed"]
    if broken:
        cells = [(flip["kind"], flip["scenario_id"], flip["task"], flip["a"], flip["b"]) for flip in broken[:20]]
        note = f"{len(broken) - 20} more in the JSON" if len(broken) > 20 else ""
        yield Section("scenarios that got worse", ("kind", "scenario", "task", "baseline", "run"), cells, note)


def verdict_markdown(verdict: Verdict) -> str:
    """Fit for ``$GITHUB_STEP_SUMMARY``."""
    notes = [f"run: {verdict.run}", f"baseline: {verdict.baseline}", f"rule: {verdict.rule['name']}", *verdict.notes]
    return to_markdown(f"Gate: {_SHOWN[verdict.ruling]}", verdict_sections(verdict), notes)


def verdict_junit(verdict: Verdict) -> str:
    """JUnit XML: a case for every check, one of them for each gated task and axis. Regressions are failures; what is inconclusive or not judged is skipped."""
    cases = verdict.checks
    failures = sum(check.ruling == "regress" for check in cases)
    skipped = sum(check.ruling in ("inconclusive", "not judged") for check in cases)
    counts: dict[str, Any] = {"tests": len(cases), "failures": failures, "errors": 0, "skipped": skipped}
    attributes = {key: str(value) for key, value in counts.items()}
    top = ET.Element("testsuites", {"name": "gauntlet gate", **attributes})
    suite = ET.SubElement(top, "testsuite", {"name": f"gauntlet.{verdict.comparison['runs'][1]['suite']}", **attributes})
    for check in cases:
        case = ET.SubElement(suite, "testcase", {"classname": f"gauntlet.{check.kind}", "name": check.name, "time": "0"})
        if check.ruling == "regress":
            ET.SubElement(case, "failure", {"type": "regression", "message": check.text}).text = check.text
        elif check.ruling != "pass":
            ET.SubElement(case, "skipped", {"message": f"{check.ruling}: {check.text}"})
        ET.SubElement(case, "system-out").text = check.text
    ET.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"
