"""The examples for continuous integration: parsed, and their commands run, with toys in the place of the simulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.config import compose
from harness.nightly.matrix import expand, load_nightly
from tests.harness.conftest import TOY_SUITE

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / ".github" / "examples"
NIGHTLY = "name: toys\nagents: [expert]\nsuites: [toy.yaml]\noverrides: [record=none, executor=inline]\nrule_overrides: [tolerance=0.5]\nbaseline: toys\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "toy.yaml").write_text(TOY_SUITE)
    (tmp_path / "nightly.yaml").write_text(NIGHTLY)
    return tmp_path


def shell(command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As GitHub runs a step."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TERM": "dumb", **variables}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command], cwd=cwd, env=environ, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return yaml.safe_load((EXAMPLES / "gauntlet.yml").read_text())


def steps(workflow: dict[Any, Any], job: str) -> dict[str, str]:
    return {step["name"]: step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step}


def test_the_workflow_is_whole(workflow: dict[Any, Any]):
    assert {"schedule", "pull_request"} <= set(workflow[True])  # YAML reads `on` as true
    assert re.fullmatch(r"(\S+ ){4}\S+", workflow[True]["schedule"][0]["cron"])
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert "setup:" in (ROOT / "Makefile").read_text()  # what `set up` calls
    compose([f"suite={workflow['env']['SUITE']}", f"agent={workflow['env']['AGENT']}"])


def test_the_nightlys_steps_run(workflow: dict[Any, Any], place: Path):
    done = shell(steps(workflow, "nightly")["nightly"], place)
    assert done.returncode == 0, done.stderr
    assert (place / "results" / "nightly" / "toys.html").is_file()


def test_the_gates_steps_run(workflow: dict[Any, Any], place: Path):
    names = steps(workflow, "gate")
    toys = {"SUITE": "toy.yaml", "BASELINE": "toys", "GITHUB_STEP_SUMMARY": str(place / "step-summary.md")}
    ran = shell(names["run"] + " record=none", place, **toys, AGENT="expert")
    assert ran.returncode == 0, ran.stderr
    accepted = shell("gauntlet baseline accept results/candidate --as toys", place)
    assert accepted.returncode == 0, accepted.stderr
    (place / "results" / "candidate").rename(place / "results" / "accepted")
    assert shell(names["run"] + " record=none", place, **toys, AGENT="hold").returncode == 0
    gated = shell(names["gate"], place, **toys)
    assert gated.returncode == 1, gated.stdout + gated.stderr
    assert "## Gate: REGRESS" in (place / "step-summary.md").read_text()
    assert ET.parse(place / "gate.xml").getroot().get("failures") == "1"


def test_the_crontab(place: Path):
    lines = [line for line in (EXAMPLES / "gauntlet.cron").read_text().splitlines() if line and not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    (job,) = [line for line in lines if not re.match(r"[A-Z_]+=", line)]
    when, command = job.split(" ", 5)[:5], job.split(" ", 5)[5]
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in when)
    assert "%" not in command  # cron makes it a line break
    assert variables["SHELL"] == "/bin/bash"
    (place / ".venv").mkdir()
    (place / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    done = shell(command, place, GAUNTLET_HOME=str(place))
    assert done.returncode == 0, done.stderr
    log = (place / "nightly.log").read_text()
    assert "expert on toy.yaml: no baseline" in log
    assert log.rstrip().endswith("exit code 0")


def test_the_examples_matrix_expands():
    for cell in expand(load_nightly(EXAMPLES / "nightly.yaml")):
        compose(list(cell.overrides))


def test_the_documented_matrix_expands(tmp_path: Path):
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "nightly.md").read_text(), re.DOTALL)
    (tmp_path / "documented.yaml").write_text(block)
    for cell in expand(load_nightly(tmp_path / "documented.yaml")):
        compose(list(cell.overrides))
