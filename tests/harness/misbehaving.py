"""Environments, agents and policies that do wrong on purpose. The environment's id: ``tests.harness.misbehaving:gauntlet/Misbehaving-v0``.

What they do wrong is a ``fault``: "hang" sleeps for ever, "exit" and "segfault" end the process, "raise" raises, any other word is only noted in the log. With a file ``once`` it happens one time only, in whichever process is first.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from harness.agent import Agent, Task
from harness.conformance.toy_env import ToyEnv
from harness.policy import Policy, PolicyAgent, Request, Response
from harness.thought import Thought

MISBEHAVING = "tests.harness.misbehaving:gauntlet/Misbehaving-v0"


class DeliberateError(Exception):
    """What "raise" raises."""


def misbehave(fault: str, once: str = "") -> None:
    if not fault:
        return
    if once:
        try:
            os.close(os.open(once, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
    print(f"about to {fault}", flush=True)
    if fault == "raise":
        raise DeliberateError("as the test wished")
    if fault == "exit":
        os._exit(7)
    if fault == "segfault":
        ctypes.string_at(0)
    if fault == "kill":
        os.kill(os.getpid(), 9)
    while fault == "hang":
        time.sleep(60)


class MisbehavingEnv(ToyEnv):
    """The toy environment with a fault in a phase: make, reset, or control step ``at``. With a ``gate``, seeds from ``free`` on begin only once that file exists."""

    def __init__(
        self,
        fault: str = "",
        phase: str = "step",
        at: int = 3,
        once: str = "",
        gate: str = "",
        free: int = 0,
        render_mode: str | None = None,
    ) -> None:
        super().__init__(render_mode)
        self.fault, self.phase, self.at, self.once, self.gate, self.free = fault, phase, at, once, gate, free
        if phase == "make":
            misbehave(fault, once)

    def reset(self, **arguments: Any) -> Any:
        if self.phase == "reset":
            misbehave(self.fault, self.once)
        while self.gate and arguments["seed"] >= self.free and not Path(self.gate).exists():
            time.sleep(0.01)
        return super().reset(**arguments)

    def step(self, action: Any) -> Any:
        if self.phase == "step" and self.steps + 1 == self.at:
            misbehave(self.fault, self.once)
        return super().step(action)


class MisbehavingAgent(Agent):
    """Holds still, with a fault at control step ``at``."""

    def __init__(self, fault: str = "", at: int = 2, once: str = "", where: str = "act") -> None:
        self.fault, self.at, self.once, self.where = fault, at, once, where
        if where == "init":
            misbehave(fault, once)

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self.step = 0

    def act(self, observation: Any) -> Any:
        self.step += 1
        if self.where == "act" and self.step == self.at:
            misbehave(self.fault, self.once)
        return np.zeros(2, np.float32)


class NotANumberAgent(MisbehavingAgent):
    def act(self, observation: Any) -> Any:
        return super().act(observation) + (np.nan if self.step == self.at else 0.0)


class WeightedAgent(MisbehavingAgent):
    """Has a fingerprint."""

    def __init__(self, weights: str = "v1") -> None:
        super().__init__()
        self.weights = weights

    def fingerprint(self) -> dict[str, str]:
        return {"weights": self.weights}


class SamplingPolicy(Policy):
    """A small network of fixed weights that samples around its answer from the request's seed: chunks of three actions, and a thought that depends on the image.

    ``notes``: a file to which each call appends the size of its batch. ``fault`` happens at call ``at``.
    """

    batch_invariant = True

    def __init__(self, notes: str = "", fault: str = "", at: int = 3, once: str = "", pace: float = 0.0) -> None:
        self.notes, self.fault, self.at, self.once, self.pace = notes, fault, at, once, pace
        self.calls = 0
        self.weights = np.random.default_rng(7).normal(size=(4, 6)) * 0.02

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.calls += 1
        if self.calls == self.at:
            misbehave(self.fault, self.once)
        if self.notes:
            with open(self.notes, "a") as file:
                file.write(f"{len(requests)}\n")
        time.sleep(self.pace)
        return [self._answer(request) for request in requests]

    def fingerprint(self) -> dict[str, str]:
        return {"weights": "seven"}

    def _answer(self, request: Request) -> Response:
        rng = np.random.default_rng(request.seed)
        features = np.concatenate([request.state["position"], request.state["goal"]])
        actions = np.clip((features @ self.weights).reshape(3, 2) + rng.normal(0.0, 0.03, (3, 2)), -0.1, 0.1)
        brightness = float(request.images["top"].mean())
        return Response(actions, Thought(reasoning=f"brightness {brightness:.4f}", confidence=float(rng.random()), seconds={"act": 0.001}))


class OneByOnePolicy(SamplingPolicy):
    """Does not promise that batches leave its answers alone."""

    batch_invariant = False


class WrongCountPolicy(SamplingPolicy):
    """Answers one request too few."""

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return super().infer(requests)[:-1]


class UnsendablePolicy(SamplingPolicy):
    """Answers with what cannot be sent to another process."""

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        def why() -> str:
            return "why"

        unsendable: Any = why
        return [Response(r.actions, Thought(reasoning=unsendable)) for r in super().infer(requests)]


class SamplingAgent(PolicyAgent):
    """Executes two of three actions."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy, execute=2)


gym.register("gauntlet/Misbehaving-v0", entry_point="tests.harness.misbehaving:MisbehavingEnv")
