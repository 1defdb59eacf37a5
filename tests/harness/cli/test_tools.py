"""``gauntlet parity`` and ``gauntlet bench`` pass on to what the rooms bring."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from harness.cli import tools

Command = Callable[..., "subprocess.CompletedProcess[str]"]
KINDS = pytest.mark.parametrize("kind", ["parity", "bench"])


def echo(arguments: list[str]) -> int:
    """A tool: says what it was given; its exit code is how many that were."""
    print(arguments)
    return len(arguments)


@pytest.fixture
def echo_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "entry_points", lambda group: [EntryPoint("echo", f"{__name__}:echo", group)])


@KINDS
@pytest.mark.usefixtures("echo_tool")
@pytest.mark.parametrize("arguments", [[], ["--task", "a"], ["--help"], ["-x", "more", "--", "--even-this"]])
def test_whatever_follows_the_name_reaches_the_tool(gauntlet_here: Command, kind: str, arguments: list[str]) -> None:
    done = gauntlet_here(kind, "echo", *arguments)
    assert done.stdout.strip() == str(arguments)
    assert done.returncode == len(arguments)


@KINDS
def test_without_a_name_the_command_helps(gauntlet_here: Command, kind: str) -> None:
    assert f"gauntlet {kind} navsim or simpler" in gauntlet_here(kind).stderr
    assert "NAME" in gauntlet_here(kind, "--help").stdout


@KINDS
def test_an_unknown_name_is_answered_with_the_nearest(gauntlet_here: Command, kind: str) -> None:
    done = gauntlet_here(kind, "simpelr")
    assert done.returncode == 2
    assert "did you mean simpler?" in done.stderr


def test_bench_without_assets_is_one_line(gauntlet_here: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GAUNTLET_SIMPLER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    done = gauntlet_here("bench", "simpler")
    assert done.returncode == 2
    assert done.stderr.startswith("error: SIMPLER's assets folder is not given")
    assert len(done.stderr.splitlines()) == 1


def test_parity_without_recordings_is_one_line(gauntlet_here: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAUNTLET_SIMPLER_FIXTURES", raising=False)
    done = gauntlet_here("parity", "simpler")
    assert done.returncode == 2
    assert done.stderr.startswith("error: no recordings of SIMPLER")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("get",), ("list", "--to", "there"), ("get", "simpelr")])
def test_mistakes_with_assets_get(gauntlet_here: Command, arguments: tuple[str, ...]) -> None:
    done = gauntlet_here("assets", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


def test_assets_get_hands_over_both_folders(gauntlet_here: Command, tmp_path: Path) -> None:
    done = gauntlet_here("assets", "get", "simpler", "--from", str(tmp_path / "nowhere"), "--to", str(tmp_path))
    assert done.returncode == 2
    assert "nowhere does not exist" in done.stderr
