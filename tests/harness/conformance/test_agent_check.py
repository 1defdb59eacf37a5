"""``check-agent`` finds each way to break the contract, and says what to change."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np
import pytest

from harness.agent import Agent, Task
from harness.conformance.agent_check import check_agent
from harness.conformance.finding import Finding, conforms
from harness.decision import Decision
from harness.errors import ConfigError
from harness.thought import Point, Thought
from tests.harness.conftest import TOY


def check(agent: type) -> list[Finding]:
    return check_agent({"_target_": f"{__name__}.{agent.__name__}", "name": "mine"}, TOY)


class Good(Agent):
    """Keeps the contract in every respect."""

    def act(self, observation: Any) -> Any:
        action = self.rng.uniform(-0.1, 0.1, (3, 2)).astype(np.float32)
        return Decision(action, Thought(subtask="wander", points=(Point(1.0, 2.0, "here", "top"),), seconds={"act": 0.001}))

    def fingerprint(self) -> dict[str, str]:
        return {"weights": "abc"}


class WrongShape(Good):
    def act(self, observation: Any) -> Any:
        return np.zeros(7)


class NotANumber(Good):
    def act(self, observation: Any) -> Any:
        return np.full(2, np.nan)


class OutOfRange(Good):
    def act(self, observation: Any) -> Any:
        return np.full(2, 1.0)


class Nothing(Good):
    def act(self, observation: Any) -> Any:
        return None


class Unseeded(Good):
    def act(self, observation: Any) -> Any:
        return np.random.default_rng().uniform(-0.1, 0.1, 2).astype(np.float32)


class Remembers(Good):
    """Carries something from one episode into the next."""

    total = 0.0

    def act(self, observation: Any) -> Any:
        self.total += 0.001
        return np.full(2, self.total, np.float32)


class Raises(Good):
    def act(self, observation: Any) -> Any:
        raise ZeroDivisionError("no scale")


class Unfinished(Agent):
    pass


class Late(Good):
    """Looks at an old observation."""

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self.kept: Any = None

    def act(self, observation: Any) -> Any:
        if self.kept is not None:
            self.kept["image"]["top"]
        self.kept = observation
        return np.zeros(2, np.float32)


class TensorThought(Good):
    def act(self, observation: Any) -> Any:
        confidence: Any = np.float32(0.5)
        return Decision(np.zeros((1, 2)), Thought(confidence=confidence))


class BackwardClock(Good):
    def act(self, observation: Any) -> Any:
        begin = time.perf_counter()
        return Decision(np.zeros((1, 2)), Thought(subtask="x", seconds={"act": begin - time.perf_counter() - 1.0}))


class NumberedWeights(Good):
    def fingerprint(self) -> Any:
        return {"weights": 3}


def test_a_good_agent():
    findings = check(Good)
    assert [f for f in findings if f.level != "ok"] == []
    said = "\n".join(f.what for f in findings)
    for words in ("for 36 steps", "bit for bit", "thoughts: 36, all well formed", "fingerprint"):
        assert words in said


BREAKAGES = [
    (WrongShape, r"agent mine, step 1: actions of shape \(1, 7\), expected \(T, 2\)", "one row per control step"),
    (NotANumber, "agent mine, step 1: action .* is not finite", "un-normalisation"),
    (OutOfRange, r"agent mine, step 1: action\[0\] = 1 is outside", "actions=clip"),
    (Nothing, "agent mine, step 1", "Decision"),
    (Unseeded, "other actions the second time", r"self\.rng"),
    (Remembers, "other actions the second time", "forget everything in reset"),
    (Raises, r"ZeroDivisionError: no scale \(.*test_agent_check\.py:\d+\)", "mend"),
    (Unfinished, r"NotImplementedError: Unfinished\.act", "mend"),
    (Late, "'top' was not looked at", "before the next step"),
    (TensorThought, "a thought is no JSON data", "plain str, float"),
    (BackwardClock, "negative seconds for \\['act'\\]", "perf_counter"),
    (NumberedWeights, "fingerprint is {'weights': 3}", "str to str"),
]


@pytest.mark.parametrize(("agent", "what", "cure"), BREAKAGES, ids=[agent.__name__ for agent, _, _ in BREAKAGES])
def test_each_breakage_is_found_with_its_cure(agent: type[Agent], what: str, cure: str):
    found = [f for f in check(agent) if f.level == "broken"]
    assert len(found) == 1, found
    assert re.search(what, found[0].what)
    assert re.search(cure, found[0].cure)


class Stranger:
    """No Agent by birth, but one by its methods."""

    def reset(self, task: Task, seed: int) -> None: ...

    def act(self, observation: Any) -> Any:
        return np.zeros(2, np.float32)


def test_an_agent_that_derives_from_nothing():
    findings = check(Stranger)
    assert conforms(findings)
    advice = [f.what for f in findings if f.level == "advice"]
    assert any("does not derive from harness.Agent" in what for what in advice)
    assert any("tells no thoughts" in what for what in advice)


def test_no_fingerprint_is_advised_against():
    findings = check_agent({"_target_": "agents.baselines.hold.HoldAgent"}, TOY)
    assert conforms(findings)
    assert any("no fingerprint" in f.what and "sha256" in f.cure for f in findings if f.level == "advice")


@pytest.mark.parametrize("name", ["expert.ExpertAgent", "expert.NoisyExpertAgent", "hold.HoldAgent", "random.RandomAgent"])
def test_the_baselines_keep_the_contract(name: str):
    assert conforms(check_agent({"_target_": f"agents.baselines.{name}"}, TOY))


def test_what_is_no_agent():
    with pytest.raises(ConfigError, match="no methods reset and act"):
        check_agent({"_target_": "builtins.dict"}, TOY)
    with pytest.raises(ConfigError, match="cannot find"):
        check_agent({"_target_": "nowhere.Agent"}, TOY)
