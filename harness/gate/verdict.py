"""A gate's verdict, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Ruling = Literal["pass", "regress", "inconclusive", "not judged"]
EXIT_CODES: dict[str, int] = {"pass": 0, "regress": 1, "inconclusive": 2}
"""of ``gauntlet gate``; 2 is also that of bad input, of which standard error tells: either way there is no verdict to go by"""
VERDICT_VERSION = "1.0"


@dataclass(frozen=True)
class Check:
    """One thing that was judged. ``kind``: success, group, measure, latency, errors, missing. ``group``: {"by", "name"} of a group. "not judged" does not count."""

    kind: str
    name: str
    ruling: Ruling
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """``ruling``: regress if any check does, else inconclusive if any is, else pass."""

    run: str
    baseline: str
    ruling: Ruling
    checks: list[Check]
    rule: dict[str, Any]
    comparison: dict[str, Any]
    notes: list[str]
    sequential: dict[str, Any] | None = None
    version: str = VERDICT_VERSION

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.ruling]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def combined(checks: list[Check]) -> Ruling:
    rulings = {check.ruling for check in checks}
    return "regress" if "regress" in rulings else "inconclusive" if "inconclusive" in rulings else "pass"
