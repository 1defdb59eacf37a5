"""What the README shows is run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GAUNTLET = str(Path(sys.executable).with_name("gauntlet"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def call(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=540)


@pytest.mark.sim
def test_own_policy_in_ten_lines(tmp_path: Path) -> None:
    (code,) = blocks("python")
    (tmp_path / "my_policy.py").write_text(code)
    done = call(sys.executable, "my_policy.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "'k': 0, 'n': 4" in done.stdout  # it pushes down and solves nothing
    assert (tmp_path / "results" / "my-policy" / "episodes.parquet").is_file()
    ten = [line for line in code.split("if __name__")[0].splitlines() if line.strip() and not line.startswith("#")]
    assert len(ten) <= 10

    checked = call(GAUNTLET, "check-agent", "my_policy.py:MyPolicy", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_suite_of_the_add_a_task_section(tmp_path: Path) -> None:
    (suite,) = blocks("yaml")
    (tmp_path / "mine.yaml").write_text(suite)
    done = call(GAUNTLET, "run", "suite=mine.yaml", "agent=expert", "executor=inline", "record=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "100.0 %" in done.stdout


def test_every_gauntlet_command_composes(tmp_path: Path) -> None:
    """Runs of the README as dry runs: names and keys exist. (`make demo` and the other tests run them in earnest.)"""
    runs = [line.split("#")[0].strip() for block in blocks("bash") for line in block.splitlines() if line.startswith("gauntlet run ")]
    assert len(runs) >= 4
    for line in runs:
        words = [GAUNTLET, *line.split()[1:]]
        words = [word.replace("assets.simpler=DIR", f"assets.simpler={tmp_path}") for word in words]
        if "--dry" not in words:
            words.append("--dry")
        done = call(*words, cwd=tmp_path)
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_linked_files_exist() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
