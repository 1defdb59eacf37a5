"""The sub-environments of a vector environment that live in one process, and what may be asked of them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.adapter import ManipulationEnv
from harness.errors import GauntletError

MakeEnv = Callable[[], ManipulationEnv]
Arguments = Mapping[int, tuple[Any, ...]]  # {index of the sub-environment: what it is asked with}


@dataclass(frozen=True)
class Failure:
    """A sub-environment could not answer. ``error``: where the user can mend it; ``trace``: the traceback, else."""

    error: GauntletError | None
    trace: str = ""


@dataclass(frozen=True)
class Moment:
    """What a reset or a step returns, less what is made when somebody looks. ``info`` is without ``privileged``, whose keys are in ``privileged``."""

    state: dict[str, NDArray[np.float32]]
    instruction: str
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]
    privileged: tuple[str, ...]


class SubEnvironment:
    """One environment and its latest observation, whose lazy parts can still be looked at."""

    def __init__(self, env: ManipulationEnv) -> None:
        self._env = env
        self._observation: dict[str, Any] = {}
        self._privileged: Mapping[str, Any] = {}

    def describe(self) -> dict[str, Any]:
        env = self._env
        return {name: getattr(env, name) for name in ("observation_space", "action_space", "metadata", "render_mode")}

    def reset(self, seed: int | None, options: dict[str, Any]) -> Moment:
        observation, info = self._env.reset(seed=seed, options=options)
        return self._keep(observation, 0.0, False, False, info)

    def step(self, action: NDArray[np.float32]) -> Moment:
        return self._keep(*self._env.step(action))

    def picture(self, camera: str) -> NDArray[np.uint8]:
        return self._observation["image"][camera]

    def privileged(self, key: str) -> Any:
        return self._privileged[key]

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        attribute = getattr(self._env, name)
        return attribute(*args, **kwargs) if callable(attribute) else attribute

    def close(self) -> None:
        self._env.close()

    def _keep(self, observation: dict[str, Any], reward: float, terminated: bool, truncated: bool, info: dict[str, Any]) -> Moment:
        self._observation, self._privileged = observation, info["privileged"]
        told = {key: value for key, value in info.items() if key != "privileged"}
        return Moment(observation["state"], observation["instruction"], reward, terminated, truncated, told, tuple(info["privileged"]))


class SubEnvironments:
    """Several, by index, one after another. The host of those of this process; :class:`WorkerProcess` has the same methods."""

    def __init__(self, make: MakeEnv, indices: Sequence[int]) -> None:
        self.indices = tuple(indices)
        self._make, self._made = make, dict[int, SubEnvironment]()
        self._answers: dict[int, Any] = {index: self._attempt(self._add, index, ()) for index in self.indices}

    def ask(self, request: str, arguments: Arguments) -> None:
        """Have each of ``arguments`` do ``request``, the name of a method of :class:`SubEnvironment`."""
        self._answers = {index: self._attempt(self._do, index, (request, *given)) for index, given in arguments.items()}

    def answers(self) -> dict[int, Any]:
        """{index: what it returned, or a :class:`Failure`}, after the making too (None). One that fails does not keep the others from answering."""
        return self._answers

    def revive(self) -> bool:
        """Start again if it is gone; whether it was."""
        return False

    def close(self) -> None:
        for env in self._made.values():
            env.close()
        self._made.clear()

    def _add(self, index: int) -> None:
        self._made[index] = SubEnvironment(self._make())

    def _do(self, index: int, request: str, *given: Any) -> Any:
        return getattr(self._made[index], request)(*given)

    def _attempt(self, action: Callable[..., Any], index: int, given: tuple[Any, ...]) -> Any:
        try:
            return action(index, *given)
        except GauntletError as error:
            return Failure(error)
        except Exception:
            return Failure(None, traceback.format_exc())
