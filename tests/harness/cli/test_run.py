"""``gauntlet run`` as a person meets it: exit codes, one line for a mistake, plain output without a terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.conftest import GAUNTLET
from tests.harness.misbehaving import MISBEHAVING

Command = Callable[..., "subprocess.CompletedProcess[str]"]

BASE = ("run", "suite=toy.yaml", "executor=inline", "record=none")

MY_AGENT = """
import numpy as np
from harness import Agent

class Mine(Agent):
    def act(self, observation):
        return np.full(2, 0.05, np.float32)
"""


def the_error(done: subprocess.CompletedProcess[str]) -> str:
    """The only line of a command that was refused."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["suite=tabletop/dmeo"], "unknown suite 'tabletop/dmeo' [did you mean tabletop/demo"),
        (["agent=expret"], "unknown agent 'expret' [did you mean expert"),
        (["executor=proces"], "unknown executor 'proces' [did you mean process"),
        (["record=lite"], "unknown record 'lite' [did you mean light"),
        (["suite=missing.yaml"], "missing.yaml"),
        (["suite=broken.yaml"], "broken.yaml"),
        (["suite=list.yaml"], "holds no mapping"),
        (["suite=typo.yaml"], "unknown key 'entris' [did you mean entries"),
        (["suite=toy.yaml", "retrys=2"], "unknown key 'retrys' [did you mean retries"),
        (["suite=toy.yaml", "executor.wrkers=2"], "unknown key 'executor.wrkers' [did you mean executor.workers"),
        (["suite=toy.yaml", "record.vidoes=all"], "unknown key 'record.vidoes' [did you mean record.videos"),
        (["suite=toy.yaml", "timeouts.atc=2"], "unknown key 'timeouts.atc' [did you mean timeouts.act"),
        (["suite=toy.yaml", "agent=noisy-expert", "agent.nois=2"], "unknown key 'agent.nois' [did you mean agent.noise"),
        (["suite=toy.yaml", "+invented=2"], "invented"),
        (["suite=toy.yaml", "agent=noisy-expert", "+agent.invented=2", "executor=inline"], "invented"),
        (["suite=toy.yaml", "seed=many"], "seed='many'"),
        (["suite=toy.yaml", "seed=-1"], "seed=-1"),
        (["suite=toy.yaml", "retries=1.5"], "retries=1.5"),
        (["suite=toy.yaml", "limit=0"], "limit=0"),
        (["suite=toy.yaml", "timeouts.act=soon"], "timeouts.act='soon'"),
        (["suite=toy.yaml", "timeouts.act=0"], "timeouts.act=0"),
        (["suite=toy.yaml", "actions=maybe"], "actions='maybe'"),
        (["suite=toy.yaml", "executor.workers=0"], "executor.workers=0"),
        (["suite=toy.yaml", "executor.workers=few"], "executor.workers='few'"),
        (["suite=toy.yaml", "executor.max_batch=0"], "executor.max_batch=0"),
        (["suite=toy.yaml", "record.videos=some"], "record.videos=some"),
        (["suite=toy.yaml", "record.width=wide"], "record.width='wide'"),
        (["suite=toy.yaml", "record.overlays=[stamps]"], "unknown layer 'stamps' [did you mean"),
        (["suite=toy.yaml", "name=../elsewhere"], "no folder name"),
        (["suite=toy.yaml", "seed"], "'seed' is no override [write key=value"),
        (["suite=toy.yaml", "~agent"], "agent"),
        (["suite=toy.yaml", "assets.simpler=nowhere"], "assets.simpler=nowhere is no folder [see `gauntlet assets show simpler`]"),
        (["suite=toy.yaml", "assets.simplr=nowhere"], "unknown key 'assets.simplr' [did you mean assets.simpler"),
        (["suite=toy.yaml", "agent=replay"], "agent.path has no value [give agent.path=VALUE]"),
        (["suite=toy.yaml", "agent=replay", "agent.path=nothing.npz", "executor=inline"], "replay: nothing.npz does not exist"),
        (["suite=toy.yaml", "agent=noisy-expert", "agent.noise=-1", "executor=inline"], "noisy-expert: noise=-1"),
        (["suite=toy.yaml", "agent=mine.py:Missing", "executor=inline"], "cannot find 'mine.Missing'"),
        (["suite=toy.yaml", "agent=nowhere.py:Mine"], "nowhere.py does not exist"),
        (["suite=toy.yaml", "agent=nowhere:Mine", "executor=inline"], "cannot find 'nowhere.Mine'"),
        (["suite=toy.yaml", "agent=pathlib:PurePath", "executor=inline"], "no methods reset and act"),
        (["suite=env.yaml"], "unknown environment 'harness.conformance.toy_env:gauntlet/Tyo-v0' [did you mean gauntlet/Toy-v0"),
        (["suite=module.yaml"], "cannot import harness.conformance.toyenv"),
        (["suite=kwargs.yaml", "executor=inline"], "unexpected keyword argument 'colour'"),
        (["suite=perturbed.yaml", "executor=inline"], "perturbation blur: cannot find 'envs.perturb.Nothing'"),
        (["suite=toy.yaml", "results=toy.yaml/results", "executor=inline"], "cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(gauntlet_here: Command, tmp_path: Path, given: list[str], words: str):
    toy = "harness.conformance.toy_env:gauntlet/Toy-v0"
    files = {
        "broken.yaml": "name: [",
        "list.yaml": "- a",
        "typo.yaml": f"name: x\nentris: [{{env: '{toy}', max_steps: 3}}]",
        "env.yaml": "name: x\nentries: [{env: 'harness.conformance.toy_env:gauntlet/Tyo-v0', max_steps: 3}]",
        "module.yaml": "name: x\nentries: [{env: 'harness.conformance.toyenv:gauntlet/Toy-v0', max_steps: 3}]",
        "kwargs.yaml": f"name: x\nentries: [{{env: '{toy}', max_steps: 3, kwargs: {{colour: red}}}}]",
        "perturbed.yaml": f"name: x\nentries: [{{env: '{toy}', max_steps: 3, perturbations: [{{target: envs.perturb.Nothing, axis: blur, severity: 1}}]}}]",
        "mine.py": MY_AGENT,
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    done = gauntlet_here("run", "record=none", *given)
    if "run " in done.stderr.splitlines()[0]:  # the mistake came to light when the run had begun
        done.stderr = done.stderr.partition("\n")[2]
    assert words in the_error(done)


def test_a_mistake_in_the_command_itself(gauntlet: Command):
    assert (
        the_error(gauntlet("run", "suite=toy.yaml", "agent=expret"))
        == "error: unknown agent 'expret' [did you mean expert or noisy-expert?]"
    )


def test_dry_prints_a_line_a_scenario(gauntlet_here: Command, tmp_path: Path):
    done = gauntlet_here(*BASE, "--dry")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    assert re.fullmatch(r"[0-9a-f]{16} near harness\.conformance\.toy_env:gauntlet/Toy-v0 seed=0 max_steps=12 ?", lines[0])
    assert not (tmp_path / "results").exists()
    assert len(gauntlet_here(*BASE, "limit=1", "--dry").stdout.splitlines()) == 2


def test_a_run_without_a_terminal_is_plain(gauntlet: Command, tmp_path: Path):
    done = gauntlet(*BASE, "agent=expert")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr.splitlines() == [
        "run toy-six_expert: toy/six with expert, 6 episodes to run",
        "6/6 episodes, success 100.0 % [61, 100], errors 0",
    ]
    root = tmp_path / "results" / "toy-six_expert"
    assert f"table:   {root.relative_to(tmp_path)}/episodes.parquet" in done.stdout
    assert json.loads((root / "summary.json").read_text())["overall"]["success"]["k"] == 6
    manifest = json.loads((root / "run.json").read_text())
    assert manifest["config"]["agent"]["name"] == "expert"
    assert manifest["suite"]["scenarios"] == 6
    assert set(manifest) >= {"versions", "git", "hardware", "python", "created", "identity"}

    again = gauntlet(*BASE, "agent=expert")
    assert again.returncode == 0
    assert "0 episodes to run, 6 done before" in again.stderr


def test_quiet(gauntlet_here: Command):
    done = gauntlet_here(*BASE, "agent=expert", "--quiet")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "100.0 %" in done.stdout


def test_errors_give_another_exit_code(gauntlet: Command, tmp_path: Path):
    (tmp_path / "faulty.yaml").write_text(
        f"name: faulty\nentries: [{{env: '{MISBEHAVING}', max_steps: 5, axes: [{{name: fault, variants: {{good: {{}}, bad: {{kwargs.fault: raise}}}}}}]}}]"
    )
    done = gauntlet("run", "suite=faulty.yaml", "agent=hold", "executor=inline", "record=none", "retries=1")
    assert done.returncode == 3
    told = done.stderr.splitlines()
    assert any(re.match(r"retry: .*attempt 1 failed in step: as the test wished", line) for line in told)
    assert any(re.match(r"error: .*step at step 3: as the test wished", line) for line in told)
    assert "Traceback" not in done.stderr


def test_another_suite_under_the_same_name(gauntlet_here: Command):
    assert gauntlet_here(*BASE, "agent=hold", "name=mine", "limit=1").returncode == 0
    assert 'agent.name was "hold", now "expert"' in the_error(gauntlet_here(*BASE, "agent=expert", "name=mine", "limit=1"))
    assert "suite.hash was" in the_error(gauntlet_here(*BASE, "agent=hold", "name=mine"))
    assert "seed was 0, now 1" in the_error(gauntlet_here(*BASE, "agent=hold", "name=mine", "limit=1", "seed=1"))
    assert gauntlet_here(*BASE, "agent=hold", "name=mine", "limit=1", "retries=5").returncode == 0  # this changes no result


@pytest.mark.parametrize("executor", ["inline", "process"])
@pytest.mark.parametrize("spec", ["mine.py:Mine", "mine:Mine", "deep/mine.py:Mine", "mine.yaml"])
def test_an_agent_of_ones_own(tmp_path: Path, gauntlet: Command, executor: str, spec: str):
    place = tmp_path / "deep" if spec.startswith("deep") else tmp_path
    place.mkdir(exist_ok=True)
    (place / "mine.py").write_text(MY_AGENT)
    (tmp_path / "mine.yaml").write_text("_target_: mine.Mine\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [GAUNTLET, *BASE, f"executor={executor}", f"agent={spec}", "limit=1"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "agent mine" in done.stdout.lower()


def test_the_command_imports_nothing_heavy():
    code = "import sys, harness.cli; print([m for m in ('torch', 'sapien', 'hydra', 'pyarrow', 'gymnasium', 'numpy', 'pydantic', 'mani_skill') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_run_imports_no_simulator_it_does_not_need(tmp_path: Path):
    code = """
import sys
from harness import evaluate
from harness.conformance.toy_env import ToyEnv
from harness.scenario import Scenario
from harness.suite import Suite
scenario = Scenario(env="gauntlet/Toy-v0", max_steps=2)
evaluate(Suite(name="toy", scenarios=(scenario,)), "hold", executor="inline", record="none", name="toy", watchers=[])
print([m for m in ('torch', 'sapien', 'mani_skill', 'scipy') if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
