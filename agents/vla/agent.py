"""The closed-loop session over :class:`agents.vla.policy.VlaPolicy`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from harness.agent import Task
from harness.environment import Observation
from harness.errors import AgentError
from harness.policy import Policy, PolicyAgent, Request


class VlaAgent(PolicyAgent):
    """Executes ``execute`` actions of each chunk; tells the policy the last action executed, from which a flow with source "history" starts."""

    def __init__(self, policy: Policy, cameras: Sequence[str] = ("third_person",), execute: int = 4) -> None:
        super().__init__(policy, cameras, execute)

    def reset(self, task: Task, seed: int) -> None:
        if task.action_space.shape != (7,):
            raise AgentError(
                f"st4vla gives actions (7,): position, rotation, gripper; this environment wants {task.action_space.shape}",
                "run a manipulation suite",
            )
        super().reset(task, seed)

    def request(self, observation: Observation, step: int) -> Request:
        request = super().request(observation, step)
        if self._chunk is None:
            return request
        return replace(request, history={**request.history, "action": np.asarray(self._chunk[self._used - 1], np.float32)})


class TruthfulVlaAgent(VlaAgent):
    """Also tells the policy the true places, for the prompt modes "oracle" and "wrong". In "wrong" the source is another thing of the scene, the same one for the whole episode."""

    privileged: ClassVar[bool] = True

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self._wrong: str | None = None

    def request(self, observation: Observation, step: int) -> Request:
        request = super().request(observation, step)
        truth = observation.get("privileged", {})
        objects, cameras = truth.get("objects"), truth.get("cameras")
        if not objects or not cameras:
            raise AgentError("this environment gives no true places", "use prompt.mode=on")
        base = _base_of(observation)
        roles: dict[str, Any] = {str(thing["role"]): thing for thing in objects.values()}
        source = roles.get("source") or roles.get("target")
        target = roles.get("target") if "source" in roles else None
        others = sorted(
            name for name, thing in objects.items() if thing["role"] == "distractor" and name.endswith(" drawer") == ("source" not in roles)
        )
        if self._wrong is None and others:
            self._wrong = others[int(self.rng.integers(len(others)))]
        told = {"source": _place(source, base), "target": _place(target, base)}
        wrong = {**told, "source": _place(objects[self._wrong], base)} if self._wrong in objects else told
        return replace(request, history={**request.history, "truth": {**told, "wrong": wrong}})


def _place(thing: Any, base: np.ndarray) -> list[float] | None:
    return None if thing is None else [float(x) for x in np.asarray(thing["pose"][:3]) - base]


def _base_of(observation: Observation) -> np.ndarray:
    """(3,) the robot's base in the world: from the state where the environment says it, else the tabletop suite's."""
    said = observation["state"].get("base_pos")
    return np.array([-0.615, 0.0, 0.0]) if said is None else np.asarray(said, float)
