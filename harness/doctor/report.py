"""The findings as a table, as plain lines where there is no terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.doctor.check import Check

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red", "absent": "dim"}


def as_json(checks: Sequence[Check]) -> str:
    return json.dumps({"ok": all(check.status != "fail" for check in checks), "checks": [asdict(check) for check in checks]}, indent=2)


def show(checks: Sequence[Check], console: Console) -> None:
    if console.is_terminal:
        _show_table(checks, console)
    else:
        for check in checks:
            console.print(f"{check.status:<7}{check.name}: {check.found}", markup=False, highlight=False, soft_wrap=True)
            if check.cure:
                console.print(f"       cure: {check.cure}", markup=False, highlight=False, soft_wrap=True)
    console.print(verdict(checks), markup=False, highlight=False, soft_wrap=True)


def verdict(checks: Sequence[Check]) -> str:
    failed = [check.name for check in checks if check.status == "fail"]
    warned = sum(check.status == "warn" for check in checks)
    if failed:
        return f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}"
    return "everything that a run needs is here" + (f" ({warned} to look at)" if warned else "")


def _show_table(checks: Sequence[Check], console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("check", "status", "found", "cure"):
        table.add_column(title, overflow="fold", no_wrap=title == "status")
    for check in checks:
        table.add_row(Text(check.name), Text(check.status, style=STYLES[check.status]), Text(check.found), Text(check.cure))
    console.print(table)
