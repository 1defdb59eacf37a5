"""What a policy is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.conformance.toy_env import ToyEnv
from harness.errors import AgentError
from harness.policy import Policy, PolicyAgent, Request, Response
from harness.rollout import rollout
from harness.scenario import Scenario
from harness.thought import Thought
from tests.harness.conftest import TOY


class Noting(Policy):
    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.closed = False

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.requests += requests
        return [Response(np.zeros((1, 2)), Thought(seconds={"encode": 0.5})) for _ in requests]

    def fingerprint(self) -> dict[str, str]:
        return {"weights": "abc"}

    def close(self) -> None:
        self.closed = True


def ask(agent: PolicyAgent, seed: int = 0, steps: int = 3) -> Any:
    return rollout(Scenario(env=TOY, seed=seed, max_steps=steps), ToyEnv(), agent)


def test_requests_hold_the_observation():
    policy = Noting()
    trace = ask(PolicyAgent(policy))
    assert [r.step for r in policy.requests] == [0, 1, 2]
    first = policy.requests[0]
    assert first.images["top"].shape == (64, 64, 3)
    assert np.array_equal(first.state["goal"], trace.states[0]["goal"])
    assert first.instruction == "go to the green square"


def test_every_request_has_a_seed_of_its_own_that_repeats():
    policies = [Noting(), Noting()]
    for policy in policies:
        ask(PolicyAgent(policy), steps=5)
    seeds = [[r.seed for r in policy.requests] for policy in policies]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 5
    other = Noting()
    ask(PolicyAgent(other), seed=1, steps=5)
    assert not set(seeds[0]) & {r.seed for r in other.requests}


def test_seconds_of_the_call_join_those_of_the_stages():
    trace = ask(PolicyAgent(Noting()), steps=1)
    assert trace.thoughts[0].seconds["encode"] == 0.5
    assert trace.thoughts[0].seconds["infer"] > 0


def test_only_the_named_cameras_are_rendered():
    env = ToyEnv()
    rollout(Scenario(env=TOY, max_steps=2), env, PolicyAgent(Noting(), cameras=()))
    assert env.frames_rendered == 0


def test_unknown_camera():
    with pytest.raises(AgentError, match=r"camera 'tip'.*did you mean top"):
        ask(PolicyAgent(Noting(), cameras=["tip"]))


def test_nothing_to_execute():
    with pytest.raises(AgentError, match="execute=0"):
        PolicyAgent(Noting(), execute=0)


def test_fingerprint_and_close_are_the_policys():
    policy = Noting()
    agent = PolicyAgent(policy)
    assert agent.fingerprint() == {"weights": "abc"}
    agent.close()
    assert policy.closed
