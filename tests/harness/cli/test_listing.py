"""``gauntlet list``, ``show``, ``check-env``, ``check-agent``, ``assets``."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.harness.conftest import TOY

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_list(gauntlet_here: Command):
    assert {"expert", "noisy-expert", "random", "hold", "replay"} <= set(gauntlet_here("list", "agents").stdout.split())
    assert {"inline", "process", "ray"} == set(gauntlet_here("list", "executors").stdout.split())
    assert {"none", "light", "full"} == set(gauntlet_here("list", "records").stdout.split())
    assert "tabletop/demo" in gauntlet_here("list", "suites").stdout.split()
    assert "tabletop/PutOn-v0" in gauntlet_here("list", "envs").stdout.split()
    assert any(line.startswith("success_last: ") for line in gauntlet_here("list", "metrics").stdout.splitlines())
    everything = gauntlet_here("list").stdout
    assert all(f"{kind}:" in everything for kind in ("suites", "agents", "executors", "records", "envs", "metrics", "runs"))


def test_list_runs(gauntlet_here: Command, play: Callable[..., Any], toys: Callable[..., Any], tmp_path: Path):
    assert gauntlet_here("list", "runs").stdout == ""
    play(toys(1), "hold", "name=mine")
    assert gauntlet_here("list", "runs", "--results", str(tmp_path)).stdout.split() == [str(tmp_path / "mine")]


def test_list_of_nothing_known(gauntlet_here: Command):
    done = gauntlet_here("list", "agnets")
    assert done.returncode == 2
    assert "did you mean agents" in done.stderr


def test_show_a_name(gauntlet_here: Command):
    shown = gauntlet_here("show", "noisy-expert").stdout
    assert "_target_: agents.baselines.expert.NoisyExpertAgent" in shown
    assert "blunder_steps: " in shown
    assert "scenarios: " in gauntlet_here("show", "tabletop/demo").stdout
    assert "agents.baselines.replay.ReplayAgent" in gauntlet_here("show", "replay").stdout
    assert "ProcessExecutor" in gauntlet_here("show", "process").stdout


def test_show_a_run(gauntlet_here: Command, play: Callable[..., Any], toys: Callable[..., Any]):
    root = play(toys(2), "expert").root
    shown = gauntlet_here("show", str(root))
    assert shown.returncode == 0
    assert "toy/few, agent expert" in shown.stdout
    assert "100.0 %" in shown.stdout
    (root / "summary.json").unlink()
    assert "run the same command again" in gauntlet_here("show", str(root)).stderr


def test_show_nothing_known(gauntlet_here: Command):
    done = gauntlet_here("show", "tabletop/dmeo")
    assert done.returncode == 2
    assert "did you mean tabletop/demo" in done.stderr


def test_a_folder_of_ones_own(gauntlet_here: Command, tmp_path: Path):
    (tmp_path / "mine" / "agent").mkdir(parents=True)
    (tmp_path / "mine" / "agent" / "still.yaml").write_text("_target_: agents.baselines.hold.HoldAgent\nname: still\n")
    assert "still" in gauntlet_here("list", "agents", "--config-dir", "mine").stdout.split()
    done = gauntlet_here("run", "suite=toy.yaml", "agent=still", "executor=inline", "record=none", "--config-dir", "mine")
    assert done.returncode == 0, done.stderr
    assert "agent still" in done.stdout
    assert gauntlet_here("run", "suite=toy.yaml", "agent=still").returncode == 2


def test_check_env(gauntlet_here: Command):
    done = gauntlet_here("check-env", TOY)
    assert done.returncode == 0, done.stdout
    assert f"{TOY} keeps the contract" in done.stdout
    assert "ok      " in done.stdout
    assert gauntlet_here("check-env", "nowhere:Toy-v0").returncode == 2
    assert gauntlet_here("check-env", TOY, "colour=red").returncode == 2


def test_check_agent(gauntlet_here: Command):
    done = gauntlet_here("check-agent", "noisy-expert", "agent.noise=0.5", "--env", TOY)
    assert done.returncode == 0, done.stdout
    assert f"noisy-expert in {TOY} keeps the contract" in done.stdout
    broken = gauntlet_here("check-agent", "tests.harness.misbehaving:NotANumberAgent", "--env", TOY)
    assert broken.returncode == 1
    assert "broken" in broken.stdout
    assert "breaks the contract" in broken.stdout
    unknown = gauntlet_here("check-agent", "expret", "--env", TOY)
    assert unknown.returncode == 2
    assert "did you mean expert" in unknown.stderr


@pytest.mark.parametrize("arguments", [("assets", "shwo"), ("assets", "show"), ("assets", "show", "simplr")])
def test_assets_mistakes(gauntlet_here: Command, arguments: tuple[str, ...]):
    done = gauntlet_here(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")


def test_assets_of_a_wrong_folder(gauntlet_here: Command, tmp_path: Path):
    done = gauntlet_here("assets", "show", "simpler", "--from", str(tmp_path))
    assert done.returncode == 1
    assert "fail" in done.stdout
