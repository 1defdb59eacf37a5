"""The nightly: a matrix that runs, resumes, gates, and writes one page."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.nightly.matrix import expand, load_nightly

Command = Callable[..., subprocess.CompletedProcess[str]]
CONFIG = """
name: toys
agents: [expert, {agent: hold, name: idle}]
suites: [toy.yaml]
overrides: [record=none, executor=inline]
rule_overrides: [tolerance=0.5, latency.max_ratio=null]  # microseconds of a toy differ more than that on a busy machine
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "nightly.yaml"
    path.write_text(CONFIG.replace("toy.yaml", str(tmp_path / "toy.yaml")))
    return path


def test_cells_of_the_matrix(config: Path):
    cells = expand(load_nightly(config))
    assert [cell.agent for cell in cells] == ["expert", "idle"]
    assert cells[1].overrides[1:4] == ("agent=hold", "agent.name=idle", "record=none")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agent: [expert]\nsuites: [a]", r"unknown key 'agent'.*did you mean agents"),
        ("agents: [{agnet: expert}]\nsuites: [a]", r"agents\[0\]: unknown key 'agnet'.*did you mean agent"),
        ("agents: []\nsuites: [a]", r"agents: .*at least 1"),
        ("agents: [expert, expert]\nsuites: [a]", "agent expert is there twice"),
        ("agents: [expert]\nsuites: [a]\nbaseline: '{task}'", "it may hold"),
        ("- a", "holds no mapping"),
        ("a: [", "nightly.yaml: .*readable"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, words: str):
    path = tmp_path / "nightly.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        expand(load_nightly(path))


def test_two_nights(config: Path, tmp_path: Path, gauntlet_here: Command):
    first = gauntlet_here("nightly", str(config), "--stamp", "monday", "-q")
    assert first.returncode == 0, first.stderr
    assert "expert on" in first.stdout
    assert "no baseline (success" in first.stdout
    names = sorted(path.name for path in (tmp_path / "results").glob("monday_*"))
    assert len(names) == 2
    for name in names:
        cell = "idle" if name.endswith("idle") else "expert"
        pattern = expand(load_nightly(config))[("expert", "idle").index(cell)].baseline
        assert gauntlet_here("baseline", "accept", f"results/{name}", "--as", pattern).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "results").glob("monday_*/episodes/*/episode.json")}
    again = gauntlet_here("nightly", str(config), "--stamp", "monday", "-q")
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count(": pass (") == 2
    assert before == {path: path.stat().st_mtime_ns for path in before}  # nothing ran twice
    assert gauntlet_here("nightly", str(config), "--stamp", "tuesday", "-q", "--only", "expert").returncode == 0
    lines = [json.loads(line) for line in (tmp_path / "results" / "nightly" / "toys.jsonl").read_text().splitlines()]
    assert [(line["stamp"], line["agent"], line["ruling"]) for line in lines] == [
        ("monday", "expert", "pass"),
        ("monday", "idle", "pass"),
        ("tuesday", "expert", "pass"),
    ]
    page = (tmp_path / "results" / "nightly" / "toys.html").read_text()
    assert "toys, tuesday" in page
    assert "Plotly.newPlot" in page


def test_a_regression_and_a_cell_that_cannot_run(config: Path, tmp_path: Path, gauntlet_here: Command):
    """Against the expert's baseline the idle agent is worse; the other cell's folder belongs to another run. The page is written all the same."""
    gauntlet_here("nightly", str(config), "--stamp", "n", "-q", "--only", "expert")
    gauntlet_here("baseline", "accept", str(next((tmp_path / "results").glob("n_*_expert"))), "--as", "good")
    config.write_text(config.read_text() + "baseline: good\nsequential: false\n")
    config.write_text(config.read_text().replace("agents: [expert,", "agents: [{agent: expert, overrides: [seed=5]},"))
    told = gauntlet_here("nightly", str(config), "--stamp", "n", "-q")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "expert on" in told.stdout
    assert "not run (" in told.stdout
    assert "seed was 0, now 5" in told.stdout
    assert "idle on" in told.stdout
    assert ": regress (" in told.stdout


def test_the_dry_run_and_typos_run_nothing(config: Path, tmp_path: Path, gauntlet_here: Command):
    told = gauntlet_here("nightly", str(config), "--dry", "--stamp", "x")
    assert told.stdout.count("6 scenarios") == 2
    config.write_text(config.read_text().replace("hold", "hodl"))
    wrong = gauntlet_here("nightly", str(config), "--stamp", "x")
    assert wrong.returncode == 2
    assert "unknown agent 'hodl'" in wrong.stderr
    assert not list(tmp_path.glob("results/x_*"))
    assert "no cell holds that" in gauntlet_here("nightly", str(config), "--only", "zzz").stderr


def test_sequential_nights_stop_early(config: Path, tmp_path: Path, gauntlet_here: Command):
    suite = tmp_path / "toy.yaml"
    suite.write_text(suite.read_text().replace("[0, 3]", "[20, 50]"))
    gauntlet_here("nightly", str(config), "--stamp", "n", "-q", "--only", "expert")
    gauntlet_here("baseline", "accept", str(next((tmp_path / "results").glob("n_*_expert"))), "--as", "good")
    config.write_text(config.read_text() + "baseline: good\nsequential: true\n")
    told = gauntlet_here("nightly", str(config), "--stamp", "n", "-q", "--only", "idle")
    assert told.returncode == 1, told.stdout + told.stderr
    assert 5 <= len(list(next((tmp_path / "results").glob("n_*_idle")).glob("episodes/*"))) <= 12
