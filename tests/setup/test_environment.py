"""The virtual environment: what makes set-up work again, what it says when pip fails, and a real set-up of a small project."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from setup.environment import Environment
from setup.freeze import pins

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that set-up reads, in a folder of their own."""
    for name in ("constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "setup", tmp_path / "setup")
    (tmp_path / "harness" / "doctor").mkdir(parents=True)
    shutil.copy(ROOT / "harness" / "doctor" / "vulkan_probe.py", tmp_path / "harness" / "doctor")
    return tmp_path


def run_setup(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GAUNTLET_NO_SYSTEM": "1", **variables}
    return subprocess.run(["bash", "setup/run.sh"], cwd=checkout, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_key_follows_pins_and_metadata_but_not_the_linters(checkout: Path):
    key = Environment(checkout).key()
    project = checkout / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 140", "line-length = 100"))
    assert Environment(checkout).key() == key
    project.write_text(project.read_text().replace('version = "0.1.0"', 'version = "0.1.1"'))
    changed = Environment(checkout).key()
    assert changed != key
    pinned = checkout / "constraints.txt"
    pinned.write_text(pinned.read_text() + "six==1.16.0\n")
    assert Environment(checkout).key() != changed


def test_stamp_alone_is_not_believed(checkout: Path):
    environment = Environment(checkout)
    assert not environment.ready()
    environment.stamp.parent.mkdir()
    environment.stamp.write_text(f'{{"key": "{environment.key()}"}}')
    assert not environment.ready()
    environment.stamp.write_text("[]")
    assert not environment.ready()


def test_folder_that_is_no_environment_is_not_overwritten(checkout: Path):
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "thesis.txt").write_text("years of work")
    result = run_setup(checkout)
    assert result.returncode == 1
    assert "is no virtual environment [move it away]" in result.stderr
    assert (checkout / ".venv" / "thesis.txt").exists()


def test_python_that_does_not_fit(checkout: Path, tmp_path: Path):
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)
    result = run_setup(checkout, PYTHON=str(old))
    assert result.returncode == 1
    assert "Python 3.11 or 3.12 is needed" in result.stderr
    assert "is Python 3.9.2" in result.stderr
    assert "make setup PYTHON=" in result.stderr


def test_index_that_cannot_be_reached_is_one_line(checkout: Path):
    unreachable = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_INDEX": "0",
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_RETRIES": "1",
    }
    result = run_setup(checkout, PYTHON=sys.executable, PIP_CONFIG_FILE=os.devnull, **unreachable)
    assert result.returncode == 1
    assert result.stderr.startswith("setup: pip cannot reach its package index [")
    assert len(result.stderr.strip().splitlines()) == 1


def test_other_error_of_pip_is_shown_in_full(checkout: Path):
    index = checkout / "index"
    index.mkdir()
    result = run_setup(
        checkout, PYTHON=sys.executable, PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(index), PIP_EXTRA_INDEX_URL=""
    )
    assert result.returncode == 1
    # Which package it is depends on whether this Python can put pip into an environment by itself.
    assert re.search(
        r"setup: pip cannot install (torch|pip):\nERROR: .*(torch==|No matching distribution found for pip)", result.stderr, re.DOTALL
    )


@pytest.mark.skipif(not Environment(ROOT).ready(), reason="pins or metadata changed since the last make setup")
def test_second_set_up_is_quick():
    start = time.monotonic()
    result = subprocess.run(["bash", "setup/run.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert time.monotonic() - start < 10
    assert result.stdout.splitlines()[-1].startswith("setup: ready in")


def test_constraints_have_exact_pins_and_nothing_of_this_machine():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert "torch==2.13.0" in lines
    for line in lines:
        name, version = line.split("==")
        assert "+" not in version
        assert "@" not in line
        assert not name.startswith(("nvidia-c", "cuda-", "triton"))


def test_freeze_leaves_out_what_depends_on_the_machine():
    installed = {
        "torch": "2.13.0+cpu",
        "nvidia-cublas-cu12": "12.8",
        "nvidia-ml-py": "13.0",
        "triton": "3.5",
        "pip": "23.2",
        "vla-gauntlet": "0.1.0",
        "Fast_Simplification": "0.2.0",
    }
    assert pins(installed) == ["fast-simplification==0.2.0", "nvidia-ml-py==13.0", "torch==2.13.0"]
