"""What a conformance check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """``level``: ok, advice (works, but could be better) or broken. ``cure`` says what to change."""

    level: Literal["ok", "advice", "broken"]
    what: str
    cure: str = ""


class Findings(list[Finding]):
    """Collects findings as checks run."""

    def ok(self, what: str) -> None:
        self.append(Finding("ok", what))

    def advise(self, what: str, cure: str) -> None:
        self.append(Finding("advice", what, cure))

    def broken(self, what: str, cure: str) -> None:
        self.append(Finding("broken", what, cure))

    def require(self, holds: bool, what: str, wrong: str, cure: str) -> bool:
        """Note ``what`` as ok if it holds, else ``wrong`` as broken with its cure."""
        if holds:
            self.ok(what)
        else:
            self.broken(wrong, cure)
        return holds


def conforms(findings: Sequence[Finding]) -> bool:
    return not any(finding.level == "broken" for finding in findings)
