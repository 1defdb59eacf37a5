"""A study's answer as tables: for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from agents.studies.answer import ArmAnswer
from agents.studies.question import Question
from harness.compare.paired import PairedDifference
from harness.statistics import Rate

Rows = list[list[str]]


def arm_rows(question: Question, answers: Sequence[ArmAnswer]) -> tuple[list[str], Rows]:
    """Header and rows of the arms."""
    head = ["arm", "success, 95 %", "n", f"points against {question.reference}", "p (Holm)", *question.measures]
    rows = []
    for arm in answers:
        n = f"{arm.rate.n}" + (f" (+{arm.errors} errors)" if arm.errors else "")
        p = "" if arm.p_holm is None else f"{arm.p_holm:.2g}"
        rows.append(
            [arm.label, _rate(arm.rate), n, _difference(arm.difference), p, *(_number(arm.measures[m], m) for m in question.measures)]
        )
    return head, rows


def contrast_rows(question: Question, answers: Sequence[ArmAnswer]) -> tuple[list[str], Rows]:
    """Header and rows of the contrasts within each arm; no rows where the question has none."""
    if question.contrast is None:
        return [], []
    head = ["arm", question.contrast.tag, "success, 95 %", "n", f"points against {question.contrast.clean} twins", "share of clean"]
    rows = []
    for arm in answers:
        clean = arm.contrasts.get(question.contrast.clean)
        for value, (rate, difference) in arm.contrasts.items():
            is_clean = value == question.contrast.clean
            share = "" if is_clean or clean is None or not clean[0].k else f"{rate.k * clean[0].n / rate.n / clean[0].k:.0%}"
            rows.append([arm.label, value, _rate(rate), str(rate.n), "" if is_clean else _difference(difference), share])
    return head, rows


def print_answer(question: Question, answers: Sequence[ArmAnswer], left_out: Sequence[str]) -> None:
    console = Console()
    console.print(f"[bold]{question.question}[/bold]", highlight=False)
    for head, rows in (arm_rows(question, answers), contrast_rows(question, answers)):
        if rows:
            table = Table(box=None, pad_edge=False)
            for name in head:
                table.add_column(name, justify="left" if name in ("arm", "split") else "right")
            for row in rows:
                table.add_row(*row)
            console.print(table)
    for line in (*left_out, *([f"published: {question.published}"] if question.published else ())):
        console.print(line, highlight=False, markup=False)


def to_markdown(question: Question, answers: Sequence[ArmAnswer], left_out: Sequence[str]) -> str:
    lines = [f"# {question.name}", "", question.question, ""]
    for head, rows in (arm_rows(question, answers), contrast_rows(question, answers)):
        if rows:
            lines += ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)] + [""]
    lines += [f"- {line}" for line in left_out]
    return "\n".join([*lines, *([f"Published: {question.published}"] if question.published else []), ""])


def _rate(rate: Rate) -> str:
    if rate.low is None or rate.high is None:
        return "no result"
    return f"{100 * rate.k / rate.n:.1f} % [{100 * rate.low:.0f}, {100 * rate.high:.0f}]"


def _difference(difference: PairedDifference | None) -> str:
    if difference is None or difference.value is None or difference.low is None or difference.high is None:
        return ""
    return f"{100 * difference.value:+.1f} [{100 * difference.low:+.0f}, {100 * difference.high:+.0f}]"


def _number(value: float | None, name: str) -> str:
    if value is None:
        return "-"
    return f"{1000 * value:.2f} ms" if name.startswith(("stage.", "seconds.")) else f"{value:.3f}"
