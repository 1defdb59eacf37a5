"""``harness.evaluate``: the Python entry, in all the ways one may name an agent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.baselines.expert import ExpertAgent
from harness import evaluate
from harness.agent import Agent
from harness.errors import ConfigError
from harness.execution.inline import InlineExecutor
from harness.suite import Suite
from tests.harness.conftest import REPOSITORY, TOY_SUITE


class Nudge(Agent):
    """One small step after the other."""

    closed = False

    def __init__(self, size: float = 0.05) -> None:
        self.size = size

    def act(self, observation: Any) -> Any:
        return np.full(2, self.size, np.float32)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def suite(toys: Callable[..., Suite]) -> Suite:
    return toys(2)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"results": str(tmp_path), "record": "none", "watchers": []}


def test_a_name(suite: Suite, settings: dict[str, Any], tmp_path: Path):
    result = evaluate(suite, "expert", executor="inline", **settings)
    assert result.summary["overall"]["success"]["rate"] == 1.0
    assert result.summary["agent"] == "expert"
    assert result.root == tmp_path / "toy-few_expert"
    assert (result.interrupted, result.errors) == (False, 0)
    assert json.loads((result.root / "summary.json").read_text()) == result.summary


def test_a_class_runs_in_workers(suite: Suite, settings: dict[str, Any]):
    result = evaluate(suite, ExpertAgent, overrides=["executor.workers=2"], **settings)
    assert result.summary["agent"] == "ExpertAgent"
    assert result.summary["overall"]["success"]["k"] == 2
    assert {path.name for path in (result.root / "logs").iterdir()} == {"worker-0.log", "worker-1.log"}


def test_an_instance_runs_here_and_stays_open(suite: Suite, settings: dict[str, Any]):
    agent = Nudge()
    result = evaluate(suite, agent, **settings)
    assert agent.task.max_steps == 12  # this very object acted
    assert not agent.closed
    assert not (result.root / "logs" / "worker-0.log").exists()
    assert result.summary["agent"] == "Nudge"


def test_an_instance_does_not_travel(suite: Suite, settings: dict[str, Any]):
    with pytest.raises(ConfigError, match="only run inline"):
        evaluate(suite, Nudge(), executor="process", **settings)


def test_a_config(suite: Suite, settings: dict[str, Any]):
    config = {"_target_": "agents.baselines.expert.NoisyExpertAgent", "noise": 0.0, "blunder": 0.0, "name": "quiet"}
    assert evaluate(suite, config, executor="inline", **settings).summary["agent"] == "quiet"


def test_a_suite_file_and_settings(settings: dict[str, Any], tmp_path: Path):
    (tmp_path / "toy.yaml").write_text(TOY_SUITE)
    result = evaluate(str(tmp_path / "toy.yaml"), "expert", executor="inline", limit=1, name="mine", seed=3, **settings)
    assert result.root.name == "mine"
    assert result.summary["overall"]["episodes"] == 2
    assert json.loads((result.root / "run.json").read_text())["identity"]["seed"] == 3


def test_an_executor_of_ones_own(suite: Suite, settings: dict[str, Any]):
    assert evaluate(suite, "hold", executor=InlineExecutor(), **settings).summary["overall"]["episodes"] == 2


def test_clipping_only_if_asked(suite: Suite, settings: dict[str, Any]):
    refused = evaluate(suite, Nudge(0.5), name="refused", **settings)
    record = json.loads(next(refused.root.glob("episodes/*/episode.json")).read_text())
    assert record["outcome"] == "error"
    assert "agent Nudge, step 1: action[0] = 0.5 is outside" in record["error"]["message"]
    clipped = evaluate(suite, Nudge(0.5), name="clipped", actions="clip", **settings)
    record = json.loads(next(clipped.root.glob("episodes/*/episode.json")).read_text())
    assert clipped.errors == 0
    assert record["clipped_actions"] == record["steps"] == 12


@pytest.mark.parametrize(("rule", "outcome"), [("last", "failure"), ("any", "success")])
def test_the_suites_rule_of_success(suite: Suite, settings: dict[str, Any], rule: str, outcome: str):
    """An agent that passes through the goal and leaves it."""
    result = evaluate(suite.model_copy(update={"success": rule}), Passer(), **settings)
    records = [json.loads(path.read_text()) for path in result.root.glob("episodes/*/episode.json")]
    assert {(r["outcome"], r["success_last"], r["success_any"]) for r in records} == {(outcome, False, True)}
    assert result.summary["success_rule"] == rule


class Passer(ExpertAgent):
    """Goes to the goal, then away from it."""

    def reset(self, task: Any, seed: int) -> None:
        super().reset(task, seed)
        self.arrived = False

    def act(self, observation: Any) -> Any:
        decision = super().act(observation)
        self.arrived |= bool(np.abs(decision.action).max() < 0.02)
        return np.full(2, -0.1, np.float32) if self.arrived else decision


def test_a_class_defined_in_a_script(tmp_path: Path):
    """What ``python my_policy.py`` does, without the guard that spawned processes would need: it runs in this process."""
    (tmp_path / "script.py").write_text(
        """
import numpy as np
from harness import Agent, Scenario, Suite, evaluate

class Mine(Agent):
    def act(self, observation):
        return np.zeros(2, np.float32)

suite = Suite(name="toy", scenarios=(Scenario(env="harness.conformance.toy_env:gauntlet/Toy-v0", max_steps=2),))
print(evaluate(suite, Mine, record="none").summary["overall"]["episodes"])
"""
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(REPOSITORY)})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"agent": "expret"}, "did you mean expert"),
        ({"agent": "hold", "retrys": 3}, "did you mean retries"),
        ({"agent": "hold", "limit": "few"}, "limit='few'"),
        ({"agent": {"name": "x"}}, "has no _target_"),
    ],
)
def test_mistakes(suite: Suite, settings: dict[str, Any], arguments: dict[str, Any], words: str):
    with pytest.raises(ConfigError, match=words):
        evaluate(suite, executor="inline", **{**settings, **arguments})


def test_names_of_the_package():
    import harness

    for name in harness.__all__:
        assert getattr(harness, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        assert harness.nothing
