"""Figures that were made with substitutes for original data carry a mark, and a line says which."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from harness.compare import compare, load_run
from harness.display import print_summary
from harness.episode import Episode
from harness.report import make_report
from harness.substitutes import MARK, count_substitutes, footnote, mark, substitutes_of
from tests.harness.report.conftest import read_script
from tests.synthetic_runs import scenarios, write_run

STAGE, CAN = "stages/table.glb", "models/can.glb"


def with_substitutes(names: Callable[[Episode], list[str]]) -> Callable[[Episode], Episode]:
    """A change of records: each episode's facts name these."""
    return lambda made: made.model_copy(update={"facts": {**made.facts, "substitutes": names(made)}})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 episodes of 4 tasks, of which those of "stack" used two substitutes and those of "pick" one; of the others half say that they used none, half say nothing."""
    used = {"stack": [STAGE, CAN], "pick": [STAGE], "put_on": []}

    def change(made: Episode) -> Episode:
        task = made.scenario.task
        return with_substitutes(lambda _: used[task])(made) if task in used else made

    suite = [{"name": name, "where": {"task": name}, "mean_over": []} for name in ("stack", "put_on")]
    aggregates = [*suite, {"name": "both", "of": ["stack", "put_on"]}]
    root = write_run(tmp_path_factory.mktemp("runs") / "run", 40, errors=0.2, seed=1, folders=False, change=change)
    manifest = json.loads((root / "run.json").read_text())
    manifest["suite"]["aggregates"] = aggregates
    (root / "run.json").write_text(json.dumps(manifest))
    return root


def test_names_of_an_episode():
    assert substitutes_of({"substitutes": [STAGE, CAN, STAGE]}) == (STAGE, CAN)
    assert substitutes_of({}) == substitutes_of({"substitutes": []}) == substitutes_of({"substitutes": "a"}) == ()


def test_counts_and_line():
    counted = count_substitutes([{"substitutes": [STAGE]}, {"substitutes": [CAN, STAGE]}, {"substitutes": []}, {}])
    assert counted == {"episodes": 2, "names": {CAN: 1, STAGE: 2}}
    line = footnote(counted, 4)
    assert line is not None
    assert "2 of 4 episodes" in line
    assert f"{STAGE} (2)" in line
    nothing = count_substitutes([{}])
    assert (mark(counted), mark(nothing), mark(None)) == (f" {MARK}", "", "")
    assert footnote(nothing, 1) is None
    assert footnote(None, 0) is None


def test_the_closing_table_marks_what_used_them(run: Path):
    from harness.store import RunStore
    from harness.store.tables import write_tables

    store = RunStore(run)
    summary = write_tables(store, "last")
    judged = {task: group["episodes"] - group["errors"] for task, group in summary["tasks"].items()}
    assert summary["tasks"]["stack"]["substitutes"] == {
        "episodes": judged["stack"],
        "names": {CAN: judged["stack"], STAGE: judged["stack"]},
    }
    assert summary["overall"]["substitutes"]["names"] == {CAN: judged["stack"], STAGE: judged["stack"] + judged["pick"]}
    assert summary["overall"]["errors"] > 0  # errored episodes are in no score, and are not counted
    out = io.StringIO()
    print_summary(summary, run, Console(file=out, width=130))
    lines = out.getvalue().splitlines()
    marked = {cell.removesuffix(MARK).strip() for line in lines if (cell := line.strip("│┃ ").split("│")[0].strip()).endswith(MARK)}
    assert marked == {"stack", "pick", "all (micro)", "mean of tasks (macro)", "both"}
    assert sum(line.strip("│ ").startswith(f"stack {MARK}") for line in lines) == 2  # the task and the published figure
    assert any(line.startswith(MARK) and f"{CAN} ({judged['stack']})" in line for line in lines)


def test_a_run_without_them_has_no_mark(tmp_path: Path):
    root = write_run(tmp_path / "plain", 20, folders=False)
    out = io.StringIO()
    print_summary(json.loads((root / "summary.json").read_text()), root, Console(file=out, width=130))
    assert MARK not in out.getvalue()
    folder = make_report([root]).folder
    assert MARK not in (folder / "index.html").read_text()
    assert not any(map(any, read_script(folder / "data" / "report.js")[0]["scenarios"]["substituted"]))


def test_a_comparison_names_them(run: Path, tmp_path: Path):
    other = write_run(tmp_path / "other", among=scenarios(40), agent="other", folders=False)
    notes = compare([load_run(run), load_run(other)]).notes
    assert [note for note in notes if MARK in note and note.startswith("run: ") and STAGE in note]


def test_the_report_marks_tables_and_lists_episodes(run: Path, tmp_path: Path):
    folder = make_report([run], tmp_path / "report").folder
    data = read_script(folder / "data" / "report.js")[0]
    tasks = data["summaries"][0]["tasks"]
    assert {task for task, found in tasks.items() if found["substituted"]} == {"stack", "pick"}
    rows = dict(zip(data["scenarios"]["id"], zip(data["scenarios"]["task"], data["scenarios"]["substituted"][0])))
    assert {task for task, used in rows.values() if used} == {"stack", "pick"}
    page = (folder / "index.html").read_text()
    body = page[page.index("Success by task (95 %") :]
    body = body[: body.index("</table>")]
    assert {row[1:].split("<")[0] for row in body.split('<th scope="row"') if MARK in row} == {"stack", "pick"}
    assert f"{STAGE} (" in page[: page.index("</ul>", page.index('class="notes"'))]
