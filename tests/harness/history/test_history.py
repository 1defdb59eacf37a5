"""The trend over run folders."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest

from harness.errors import StoreError
from harness.history import query_history
from harness.statistics import wilson
from tests.synthetic_runs import write_run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for day, chance in ((3, 0.5), (1, 0.9), (2, 0.8)):
        created = f"2026-11-0{day}T02:00:00+00:00"
        write_run(folder / f"night{day}", 40, agent="mine", chance=chance, errors=0.1, seed=day, folders=False, created=created)
    write_run(folder / "other", 40, agent="yours", folders=False)
    return folder


def test_runs_in_order_of_time_with_intervals(results: Path):
    points, notes = query_history([str(results)], agent="mine")
    assert [point.run for point in points] == ["night1", "night2", "night3"]
    assert notes == []
    for point in points:
        summary = json.loads((results / point.run / "summary.json").read_text())["overall"]
        assert (point.rate.k, point.rate.n, point.errors) == (summary["success"]["k"], summary["success"]["n"], summary["errors"])
        assert point.rate == wilson(point.rate.k, point.rate.n)
        assert point.measures["progress"] == pytest.approx(summary["metrics"]["progress"]["median"])


def test_one_task(results: Path):
    points, _ = query_history([str(results)], agent="mine", task="stack")
    assert [point.episodes for point in points] == [10, 10, 10]


def test_runs_with_other_columns_are_read_together(results: Path):
    write_run(results / "scored", 8, agent="mine", folders=False, change=lambda made: made.model_copy(update={"scores": {"pdms": 0.5}}))
    points, _ = query_history([str(results)], agent="mine")
    assert {point.run: point.measures.get("score.pdms") for point in points}["scored"] == 0.5
    assert len(points) == 4


def test_damaged_tables_are_left_out_and_named(results: Path):
    (results / "night2" / "episodes.parquet").write_bytes(b"nothing")
    points, notes = query_history([str(results)], agent="mine")
    assert [point.run for point in points] == ["night1", "night3"]
    assert len(notes) == 1
    assert "night2/episodes.parquet is damaged" in notes[0]


def test_another_file_system(results: Path):
    memory = fsspec.filesystem("memory")
    for run in ("night1", "night3"):
        for name in ("run.json", "episodes.parquet"):
            memory.put(str(results / run / name), f"/history/{run}/{name}")
    there, _ = query_history(["memory://history"], agent="mine")
    here, _ = query_history([str(results)], agent="mine")
    assert [(p.run, p.rate, p.created, p.measures) for p in there] == [
        (p.run, p.rate, p.created, p.measures) for p in here if p.run != "night2"
    ]
    assert there[0].path == "memory://history/night1"


def test_folders_that_hold_nothing(tmp_path: Path):
    with pytest.raises(StoreError, match="nowhere is not there"):
        query_history([str(tmp_path / "nowhere")])
    with pytest.raises(StoreError, match="no run folder with a table"):
        query_history([str(tmp_path)])


def test_the_command(results: Path, tmp_path: Path, gauntlet_here: Callable[..., subprocess.CompletedProcess[str]]):
    told = gauntlet_here("history", "--agent", "mine", "--suite", "synthetic/grid", "--json", "h.json", "--html", "h.html")
    assert told.returncode == 0, told.stderr
    assert "night1" in told.stdout
    assert len(json.loads((tmp_path / "h.json").read_text())) == 3
    page = (tmp_path / "h.html").read_text()
    assert "Plotly.newPlot" in page
    assert 'src="http' not in page
    wrong = gauntlet_here("history", "--agent", "mien")
    assert wrong.returncode == 2
    assert "no run of agent 'mien'" in wrong.stderr
    assert "did you mean mine" in wrong.stderr
