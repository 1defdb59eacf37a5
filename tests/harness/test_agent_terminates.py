"""An agent that says when it is done: the episode ends, or goes on to its next instruction."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.agent import Agent
from harness.conformance.toy_env import ToyEnv
from harness.decision import Decision
from harness.environment import Observation
from harness.rollout import Rollout, rollout
from harness.scenario import Scenario
from tests.harness.conftest import TOY


class DoneAt(Agent):
    """Stands still, and says at some steps that it is done."""

    def __init__(self, *steps: int) -> None:
        self.steps, self.step = steps, 0

    def act(self, observation: Observation) -> Decision:
        self.step += 1
        return Decision(np.zeros((1, *self.task.action_space.shape), np.float32), terminate=self.step in self.steps)


class TwoInstructions(ToyEnv):
    second = False

    def advance_subtask(self) -> bool:
        goes_on, self.second = not self.second, True
        return goes_on

    def step(self, action: Any) -> Any:
        observation, *rest = super().step(action)
        return {**observation, "instruction": "second" if self.second else "first"}, *rest


def run(env: ToyEnv, *steps: int) -> Rollout:
    return rollout(Scenario(env=TOY, max_steps=10), env, DoneAt(*steps), agent_name="done", recorders=())


def test_the_episode_ends_with_the_action_of_that_step() -> None:
    trace = run(ToyEnv(), 4)
    assert len(trace.actions) == 4
    assert {"name": "agent_terminated", "step": 4} in trace.events


def test_an_environment_with_another_instruction_goes_on_to_it() -> None:
    trace = run(TwoInstructions(), 3, 6)
    assert len(trace.actions) == 6
    assert trace.instruction_changes[-1] == (3, "second")


def test_without_it_nothing_ends_early() -> None:
    assert len(run(ToyEnv()).actions) == 10
