"""Accepted baselines: small, complete, named."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.baselines import accept_baseline, list_baselines, resolve_run
from harness.compare import compare, load_run
from harness.errors import ConfigError
from tests.synthetic_runs import write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(
        tmp_path / "results" / "run",
        200,
        agent="good",
        folders=False,
        manifest={"config": {"seed": 0, "results": "/home/somebody/results"}},
    )


def test_it_compares_as_the_run_does(run: Path, tmp_path: Path):
    place = accept_baseline(run, "tabletop", tmp_path / "baselines")
    assert {path.name for path in place.iterdir()} == {"run.json", "episodes.parquet", "summary.json", "baseline.json"}
    other = write_run(tmp_path / "results" / "other", 200, agent="bad", chance=0.5, folders=False)
    assert compare([place, other]).to_json()["pairs"] == compare([run, other]).to_json()["pairs"]


def test_it_is_small_and_names_no_machine(run: Path, tmp_path: Path):
    place = accept_baseline(run, "tabletop", tmp_path / "baselines")
    assert sum(path.stat().st_size for path in place.iterdir()) < 60_000  # 200 episodes
    assert "somebody" not in (place / "run.json").read_text()
    assert not {"events", "videos"} & set(pq.read_schema(place / "episodes.parquet").names)


def test_scorer_and_data_stay_known(tmp_path: Path):
    facts = {"scorer": {"pdms": "1.1"}, "data": "mini", "layout": [1, 2, 3]}
    run = write_run(tmp_path / "run", 8, change=lambda made: made.model_copy(update={"facts": facts}))
    place = accept_baseline(run, "mini", tmp_path / "baselines")
    (row, *_) = load_run(place).rows.values()
    assert row.facts == {"scorer": {"pdms": "1.1"}, "data": "mini"}


def test_a_name_is_not_taken_twice(run: Path, tmp_path: Path):
    folder = tmp_path / "baselines"
    accept_baseline(run, "tabletop", folder)
    with pytest.raises(ConfigError, match=r"there is a baseline 'tabletop' already.*--replace"):
        accept_baseline(run, "tabletop", folder)
    other = write_run(tmp_path / "results" / "other", 40, agent="bad")
    accept_baseline(other, "tabletop", folder, replace=True)
    assert load_run(folder / "tabletop").agent == "bad"
    assert [one["name"] for one in list_baselines(folder)] == ["tabletop"]


def test_an_incomplete_run_is_not_accepted_silently(run: Path, tmp_path: Path):
    manifest = json.loads((run / "run.json").read_text())
    manifest["suite"]["scenarios"] = 250
    (run / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match=r"50 of 250 scenarios have no episode.*--partial"):
        accept_baseline(run, "tabletop", tmp_path / "baselines")
    assert load_run(accept_baseline(run, "tabletop", tmp_path / "baselines", partial=True)).missing == 50


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden"])
def test_names_that_leave_the_folder(run: Path, tmp_path: Path, name: str):
    with pytest.raises(ConfigError, match="no folder name"):
        accept_baseline(run, name, tmp_path / "baselines")


def test_names_are_found(run: Path, tmp_path: Path):
    folder = tmp_path / "baselines"
    accept_baseline(run, "tabletop", folder)
    assert resolve_run("tabletop", folder) == str(folder / "tabletop")
    assert resolve_run(run, folder) == str(run)
    assert resolve_run("s3://bucket/run", folder) == "s3://bucket/run"
    with pytest.raises(ConfigError, match="did you mean tabletop"):
        resolve_run("tabeltop", folder)
    with pytest.raises(ConfigError, match="there is no baseline in"):
        resolve_run("tabletop", tmp_path / "nowhere")


def test_the_commands(run: Path, gauntlet_here: Callable[..., subprocess.CompletedProcess[str]]):
    assert gauntlet_here("baseline", "accept", str(run), "--as", "good").returncode == 0
    assert "good: good on synthetic/grid, 200 episodes" in gauntlet_here("baseline", "list").stdout
    shown = gauntlet_here("baseline", "show", "good").stdout
    assert "accepted" in shown
    assert "put_on" in shown
    assert gauntlet_here("compare", "good", str(run)).returncode == 0
    assert gauntlet_here("gate", str(run), "--baseline", "good").returncode == 0
