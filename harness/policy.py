"""A policy: stateless and batched. A model in this process, an actor in a cluster and a server behind a socket look the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.agent import Agent, Task
from harness.decision import Decision
from harness.environment import Observation
from harness.errors import AgentError, did_you_mean
from harness.thought import Thought


@dataclass(frozen=True)
class Request:
    """One observation to decide on. ``seed`` is this request's own: a policy that samples draws from it, so that the answer does not depend on the batch it came in."""

    images: Mapping[str, NDArray[np.uint8]]
    state: Mapping[str, NDArray[np.float32]]
    instruction: str
    seed: int
    step: int
    history: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """``actions``: (T, *action shape)."""

    actions: NDArray[np.floating]
    thought: Thought = field(default_factory=Thought)


class Policy:
    """Subclass it and write :meth:`infer`. It keeps no state between calls: that is the agent's part."""

    batch_invariant: ClassVar[bool] = False
    """True promises that the answer to a request is the same, bit for bit, in whatever batch it came. Only such a policy is sent batches by default, so that results do not depend on the number of workers."""

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer each request, in order."""
        raise NotImplementedError(f"{type(self).__name__}.infer")

    def fingerprint(self) -> dict[str, str]:
        """What identifies the weights, e.g. {"weights": sha256}."""
        return {}

    def close(self) -> None:
        """Let go of connections and memory."""


class PolicyGoneError(Exception):
    """Whoever answered for the policy is gone. The worker that met this is replaced; its successor is given a policy that answers."""


class PolicyAgent(Agent):
    """Runs a :class:`Policy` closed loop: asks it for a chunk, executes ``execute`` actions of it, asks again.

    Args:
        policy: what answers; the runner puts a client here where the policy lives in another process.
        cameras: which cameras the policy sees; None means all, () none.
        execute: how many actions of a chunk are executed before the next request.
    """

    def __init__(self, policy: Policy, cameras: Sequence[str] | None = None, execute: int = 1) -> None:
        if execute < 1:
            raise AgentError(f"execute={execute}", "execute at least one action of each chunk")
        self.policy, self.cameras, self.execute = policy, None if cameras is None else tuple(cameras), execute

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self._chunk: NDArray[np.floating] | None = None
        self._used = 0
        self._step = 0

    def act(self, observation: Observation) -> Decision:
        step, self._step = self._step, self._step + 1
        if self._chunk is not None and self._used < min(self.execute, len(self._chunk)):
            self._used += 1
            return Decision(self._chunk[self._used - 1 :])
        request = self.request(observation, step)
        begin = perf_counter()
        response = self.policy.infer([request])[0]
        seconds = {**response.thought.seconds, "infer": perf_counter() - begin}
        self._chunk, self._used = np.asarray(response.actions), 1
        thought = response.thought
        return Decision(self._chunk, Thought(**{**thought.__dict__, "seconds": seconds}))

    def request(self, observation: Observation, step: int) -> Request:
        """What the policy is asked at this step; override it to add history or resize images. Renders the cameras it names."""
        available = observation["image"]
        for camera in self.cameras or ():
            if camera not in available:
                raise AgentError(
                    f"the policy needs camera {camera!r}, which this environment does not have", did_you_mean(camera, available)
                )
        images = {camera: available[camera] for camera in (available if self.cameras is None else self.cameras)}
        seed = int(self.rng.integers(2**63))
        return Request(images=images, state=observation["state"], instruction=observation["instruction"], seed=seed, step=step)

    def fingerprint(self) -> dict[str, str]:
        return self.policy.fingerprint()

    def close(self) -> None:
        self.policy.close()
