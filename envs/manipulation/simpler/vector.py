"""Several SIMPLER episodes side by side, as one gymnasium vector environment.

gymnasium's own ``SyncVectorEnv`` and ``AsyncVectorEnv`` render every camera and work out all of ``info["privileged"]`` at every step, give all sub-environments the same reset options, and do not say which one failed. This one renders
when somebody looks, and its workers hold as many scenes as there are cores to step them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from envs.manipulation.simpler.parallel import require_number, share_out
from envs.manipulation.simpler.sub_environments import Arguments, Failure, MakeEnv, Moment, SubEnvironments
from envs.manipulation.simpler.vector_options import Options, mask_of, options_of, seeds_of
from envs.manipulation.simpler.worker_process import WorkerGoneError, WorkerProcess
from harness.errors import AgentError
from harness.execution.worker import thread_environment
from harness.lazy import LazyDict

Observations = dict[str, Any]
Flags = NDArray[np.bool_]
_NUMBERS = {"success": np.bool_, "progress": np.float64}  # keys of `info` whose batch is an array of numbers


class SimplerVectorEnv(VectorEnv[Observations, NDArray[np.float32], NDArray[Any]]):
    """Sub-environment i is, bit for bit, a single environment with the same seed, options and actions.

    Observation: ``image`` {camera: uint8 (n, H, W, 3)}, all n rendered when the camera is looked at, each by its worker; ``state`` {name: float32 (n, k)}; ``instruction``: n texts.
    Action: float32 (n, 7). Reward: float64 (n,), progress.

    ``info``: {key: (n,)}, where ``info[key][i]`` is what sub-environment i says under that key: ``success`` bool, ``progress`` float64, all others objects; ``info["privileged"][i]`` is computed when looked at. ``info["_" + key]``, bool (n,): who says
    anything (gymnasium's convention; ``DictInfoToList`` makes a list of it).

    Nothing resets by itself (``metadata["autoreset_mode"]`` is DISABLED): SIMPLER's episodes do not terminate, success is judged by whoever runs them. ``truncations`` come true after ``max_episode_steps``, where that is given.

    Args:
        make: makes one sub-environment; called in the workers, so it must pickle.
        workers: processes that share the sub-environments; None: one a core, 0: none, all in this process one after another.

    Raises:
        ConfigError, AssetsError, RenderError: a sub-environment cannot be made; WorkerGoneError: its process died.
    """

    def __init__(self, make: MakeEnv, num_envs: int, workers: int | None = None, max_episode_steps: int | None = None) -> None:
        self.num_envs = require_number(num_envs)
        if workers is not None:
            require_number(workers, "workers", 0)
        if max_episode_steps is not None:
            require_number(max_episode_steps, "max_episode_steps")
        self._limit = max_episode_steps
        self._lazy: list[LazyDict] = []
        self._moments: list[Moment | None] = [None] * num_envs  # None: no episode
        self._steps = np.zeros(num_envs, np.int64)
        self._hosts: list[SubEnvironments | WorkerProcess] = []
        try:
            if workers == 0:
                self._hosts.append(SubEnvironments(make, range(num_envs)))
            else:
                shares = share_out(num_envs, workers)
                environ = thread_environment(len(shares))
                for share in shares:  # all start at once
                    self._hosts.append(WorkerProcess(make, share, environ))
            self._gather(self._hosts)
            described = self._ask("describe", {0: ()})[0]
        except BaseException:
            self.close()
            raise
        self.metadata = {**described["metadata"], "autoreset_mode": AutoresetMode.DISABLED}
        self.render_mode = described["render_mode"]
        self.single_action_space, self.single_observation_space = described["action_space"], described["observation_space"]
        self._cameras = tuple(described["observation_space"]["image"])
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: Options = None,
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin episodes.

        ``seed``: seed + i for sub-environment i, or one each; None goes on from its last.
        ``options``: reset options of all, or a list with those of each. Among those of all, ``reset_mask``, bool (n,), says which to reset (gymnasium's name; the others stay where they are), and ``each``, a list, those of each.

        Raises:
            ConfigError: an option, a seed or their number is wrong; the message names the sub-environment. It has no episode then; the others have begun.
        """
        self._require_open()
        mask, given = options_of(options, self.num_envs)
        seeds = seeds_of(seed, self.num_envs)
        for host in self._hosts:
            if mask[list(host.indices)].any() and host.revive():
                self._forget(host.indices)
                self._gather([host])
        self._require_episodes(~mask)
        self._steps[mask] = 0
        self._move("reset", {index: (seeds[index], given[index]) for index in np.flatnonzero(mask).tolist()}, "at reset")
        return self._observations(), self._info()

    def step(self, actions: NDArray[np.float32]) -> tuple[Observations, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """One control step of every sub-environment. ``actions``: (n, 7).

        Raises:
            AgentError: not n actions of 7 finite numbers, and nothing has moved; ResetNeeded: a sub-environment has no episode; WorkerGoneError: its process died, and the others have stepped.
        """
        self._require_open()
        rows = self._rows(actions)
        self._require_episodes(np.ones(self.num_envs, bool))
        self._steps += 1
        self._move("step", {index: (row,) for index, row in enumerate(rows)}, "before this step")
        moments = self._present()
        truncated = np.array([moment.truncated for moment in moments])
        if self._limit is not None:
            truncated |= self._steps >= self._limit
        rewards = np.array([moment.reward for moment in moments], np.float64)
        return self._observations(), rewards, np.array([moment.terminated for moment in moments]), truncated, self._info()

    def advance_subtask(self, which: Flags | None = None) -> Flags:
        """Go on to the next instruction where ``which`` (n,) says so, from the next observation on; (n,) whether there was one."""
        chosen = np.flatnonzero(np.ones(self.num_envs, bool) if which is None else mask_of(which, self.num_envs, "which"))
        answers = self._ask("call", {index: ("advance_subtask", (), {}) for index in chosen.tolist()})
        return np.array([bool(answers.get(index)) for index in range(self.num_envs)])

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """What every sub-environment's method (or attribute) ``name`` gives."""
        answers = self._ask("call", {index: (name, args, kwargs) for index in range(self.num_envs)})
        return tuple(answers[index] for index in range(self.num_envs))

    def render(self) -> tuple[Any, ...]:
        """The first camera's picture of each, (H, W, 3)."""
        return self.call("render")

    def close_extras(self, **kwargs: Any) -> None:
        self._expire("before it was closed")
        for host in self._hosts:
            host.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    # -- to and from the sub-environments ---------------------------------------------------------

    def _move(self, request: str, arguments: Arguments, when: str) -> None:
        """A reset or step of those in ``arguments``. Who does not answer has no episode from then on."""
        self._expire(when)
        self._forget(arguments)
        answers = self._answers(request, arguments)
        for index, answer in answers.items():
            if isinstance(answer, Moment):
                self._moments[index] = answer
        self._raise_failures(answers)

    def _ask(self, request: str, arguments: Arguments) -> dict[int, Any]:
        self._require_open()
        answers = self._answers(request, arguments)
        self._raise_failures(answers)
        return answers

    def _answers(self, request: str, arguments: Arguments) -> dict[int, Any]:
        asked = []
        for host in self._hosts:
            mine = {index: arguments[index] for index in host.indices if index in arguments}
            if mine:
                host.ask(request, mine)
                asked.append(host)
        return {index: answer for host in asked for index, answer in host.answers().items()}

    def _gather(self, hosts: Sequence[SubEnvironments | WorkerProcess]) -> None:
        """Wait until they are made."""
        self._raise_failures({index: answer for host in hosts for index, answer in host.answers().items()})

    def _raise_failures(self, answers: Mapping[int, Any]) -> None:
        failures = {index: answer for index, answer in sorted(answers.items()) if isinstance(answer, Failure)}
        if not failures:
            return
        self._forget(index for index, failure in failures.items() if isinstance(failure.error, WorkerGoneError))
        index, failure = next(iter(failures.items()))
        where = f"sub-environment {index}" + (f" (and {len(failures) - 1} more)" if len(failures) > 1 else "")
        if failure.error is None:
            raise RuntimeError(f"{where} failed:\n{failure.trace}")
        raise type(failure.error)(f"{where}: {failure.error.what}", failure.error.cure)

    def _forget(self, indices: Iterable[int]) -> None:
        for index in indices:
            self._moments[index] = None

    def _expire(self, when: str) -> None:
        for lazy in self._lazy:
            lazy.expire(when)
        self._lazy.clear()

    # -- batches ----------------------------------------------------------------------------------

    def _rows(self, actions: Any) -> NDArray[np.float32]:
        """(n, 7), all finite."""
        wanted = self.action_space.shape
        try:
            rows = np.asarray(actions, np.float32)
        except (TypeError, ValueError):
            raise AgentError(f"actions of type {type(actions).__name__}, which are no array of numbers", f"give shape {wanted}") from None
        if rows.shape != wanted:
            raise AgentError(f"actions of shape {rows.shape} for {self.num_envs} sub-environments", f"give shape {wanted}")
        wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(wrong):
            raise AgentError(
                f"sub-environment {wrong[0]}: not an action of SIMPLER: {rows[wrong[0]].tolist()}",
                "give 7 finite numbers: dx dy dz (m), rotation vector (rad), gripper",
            )
        return rows

    def _require_open(self) -> None:
        if self.closed:
            raise ClosedEnvironmentError("the vector environment is closed: make another")

    def _require_episodes(self, which: Flags) -> None:
        for index in np.flatnonzero(which):
            if self._moments[index] is None:
                raise ResetNeeded(f"sub-environment {index} has no episode: reset it first")

    def _present(self) -> list[Moment]:
        return [moment for moment in self._moments if moment is not None]

    def _observations(self) -> Observations:
        moments = self._present()
        image = LazyDict({camera: (lambda camera=camera: self._pictures(camera)) for camera in self._cameras})
        self._lazy.append(image)
        state = {name: np.stack([moment.state[name] for moment in moments]) for name in moments[0].state}
        return {"image": image, "state": state, "instruction": tuple(moment.instruction for moment in moments)}

    def _pictures(self, camera: str) -> NDArray[np.uint8]:
        answers = self._ask("picture", {index: (camera,) for index in range(self.num_envs)})
        return np.stack([answers[index] for index in range(self.num_envs)])

    def _info(self) -> dict[str, Any]:
        moments = self._present()
        info: dict[str, Any] = {}
        for key in dict.fromkeys(key for moment in moments for key in moment.info):
            said = np.array([key in moment.info for moment in moments])
            values = np.zeros(self.num_envs, _NUMBERS.get(key, object))
            for index in np.flatnonzero(said):
                values[index] = moments[index].info[key]
            info |= {key: values, f"_{key}": said}
        privileged = np.empty(self.num_envs, object)
        for index, moment in enumerate(moments):
            privileged[index] = self._privileged(index, moment.privileged)
        return {**info, "privileged": privileged, "_privileged": np.ones(self.num_envs, bool)}

    def _privileged(self, index: int, keys: Sequence[str]) -> LazyDict:
        lazy = LazyDict({key: (lambda key=key: self._ask("privileged", {index: (key,)})[index]) for key in keys})
        self._lazy.append(lazy)
        return lazy
