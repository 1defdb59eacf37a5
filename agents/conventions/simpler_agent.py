"""The SIMPLER wrapper that published policies were evaluated with, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agents.conventions.ensembling import AdaptiveEnsembler, Ensembler, ExponentialEnsembler
from agents.conventions.gripper import GRIPPERS, Gripper
from agents.conventions.images import RESIZES, Frame, checked_frame
from agents.conventions.normalisation import Normalisation, from_statistics, load_statistics, rt1x_widowx
from agents.conventions.proprioception import bridge_state, fractal_state
from agents.conventions.rotation import rpy_to_rotation_vector
from harness.agent import Task
from harness.decision import Decision
from harness.environment import Observation
from harness.errors import AgentError, did_you_mean
from harness.policy import Policy, PolicyAgent, Request

SETUPS: dict[str, dict[str, Any]] = {"widowx": {"kind": "binary"}, "google": {"kind": "sticky"}}
"""each robot's default gripper rule"""

ENSEMBLES: dict[str, type[Ensembler]] = {"exponential": ExponentialEnsembler, "adaptive": AdaptiveEnsembler}
STATES: dict[str, Callable[..., NDArray[np.float64]]] = {"bridge": bridge_state, "fractal": fractal_state}


class SimplerPolicyAgent(PolicyAgent):
    """Turns a policy's normalised chunk (T, 7) = x y z, rotation (3), gripper into SIMPLER's action: metres, rotation vector (rad), gripper command. An eighth column, of RT-1, is its terminate output: above 0 it ends the
    episode, or the first half of one with two instructions.

    Per step: resize the image, infer (every ``execute`` steps), binarise the gripper, un-normalise, ensemble, convert the rotation, apply the gripper rule. When the instruction changes within an episode (drawers),
    chunk, ensemble and gripper begin anew, as SimplerEnv's wrappers do. All arguments are plain data, so a config can give them.

    Args:
        policy: what answers; its actions are normalised.
        setup: widowx or google; decides the default ``gripper``.
        cameras, execute: as for :class:`harness.policy.PolicyAgent`.
        normalisation: {kind: quantiles | range | standard, path: dataset_statistics.json, dataset: NAME, clip: true} or {kind: rt1x_widowx}; None: the policy's output is physical already.
        binarise_gripper: threshold; the policy's gripper values below it become 0 and the others 1, before un-normalising and ensembling (InternVLA-M1: 0.5).
        ensemble: {kind: exponential, horizon, temperature} or {kind: adaptive, horizon, alpha}; needs execute=1.
        gripper: {kind: binary | sticky | dead_zone | inverted_binary, ...} with the rule's arguments; None: binary for widowx, sticky (15 repeats) for google.
        rotation: the policy's: rpy (static xyz, rad), or vector (RT-1 on the Google Robot: a rotation vector already).
        resize: {kind: lanczos3 | area | pad, size: [width, height]}; without size that of :mod:`agents.conventions.images`; None: the camera's own size.
        proprioception: bridge or fractal adds ``proprio`` (8,) float32 to the state the policy sees, from ``eef_pos``, ``eef_quat`` (wxyz) and ``gripper`` (openness) of the environment.
    """

    def __init__(
        self,
        policy: Policy,
        setup: Literal["widowx", "google"],
        cameras: list[str] | None = None,
        execute: int = 1,
        normalisation: Mapping[str, Any] | None = None,
        binarise_gripper: float | None = None,
        ensemble: Mapping[str, Any] | None = None,
        gripper: Mapping[str, Any] | None = None,
        rotation: Literal["rpy", "vector"] = "rpy",
        resize: Mapping[str, Any] | None = None,
        proprioception: Literal["bridge", "fractal"] | None = None,
    ) -> None:
        super().__init__(policy, cameras, execute)
        if ensemble is not None and execute != 1:
            raise AgentError(f"an ensemble with execute={execute}", "an ensemble needs a new chunk at every step: execute=1")
        self.normalisation = None if normalisation is None else _normalisation(normalisation)
        self.threshold = binarise_gripper
        self.ensembler: Ensembler | None = None if ensemble is None else _part(ENSEMBLES, ensemble, "ensemble")
        self.gripper: Gripper = _part(GRIPPERS, gripper or _known(SETUPS, setup, "setup"), "gripper")
        self.turn = _known({"rpy": rpy_to_rotation_vector, "vector": np.asarray}, rotation, "rotation")
        self.resize = None if resize is None else _resize(resize)
        self.state_vector = None if proprioception is None else _known(STATES, proprioception, "proprioception")

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self._instruction: str | None = None

    def act(self, observation: Observation) -> Decision:
        if observation["instruction"] != self._instruction:
            self._instruction = observation["instruction"]
            self._begin()
        decision = super().act(observation)
        rows, terminate = self._physical(decision.actions)
        if self.ensembler is not None:
            rows = np.concatenate([self.ensembler(rows)[None], rows[1:]])
        now = self._environment_action(rows[0], self.gripper)
        foreseen = copy(self.gripper)  # the plan is recorded, not executed: it must not move the real rule on
        plan = [self._environment_action(row, foreseen) for row in rows[1:]]
        return Decision(np.stack([now, *plan]).astype(np.float32), decision.thought, terminate)

    def request(self, observation: Observation, step: int) -> Request:
        request = super().request(observation, step)
        if self.resize is not None:
            resize = self.resize
            request = replace(request, images={name: resize(checked_frame(image)) for name, image in request.images.items()})
        if self.state_vector is not None:
            request = replace(request, state={**request.state, "proprio": self._proprio(request.state)})
        return request

    def _begin(self) -> None:
        """A new instruction: nothing of the last one counts."""
        self._chunk = None
        self.gripper.reset()
        if self.ensembler is not None:
            self.ensembler.reset()

    def _physical(self, chunk: NDArray[np.floating]) -> tuple[NDArray[np.float64], bool]:
        """((T, 7), whether the policy says that it is done)"""
        rows = np.array(chunk, np.float64)
        if rows.ndim != 2 or rows.shape[1] not in (7, 8):
            raise AgentError(
                f"the policy gave a chunk of shape {rows.shape}", "SIMPLER needs (T, 7): x y z, rotation, gripper; or (T, 8) with terminate"
            )
        terminate = bool(rows[0, 7] > 0) if rows.shape[1] == 8 else False
        rows = rows[:, :7]
        if self.threshold is not None:
            rows[:, 6] = rows[:, 6] >= self.threshold
        if self.normalisation is not None:
            rows = self.normalisation.unnormalise(rows)
        return rows, terminate

    def _environment_action(self, row: NDArray[np.float64], gripper: Gripper) -> NDArray[np.float64]:
        return np.concatenate([row[:3], self.turn(row[3:6]), [gripper(float(row[6]))]])

    def _proprio(self, state: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        for key in ("eef_pos", "eef_quat", "gripper"):
            if key not in state:
                raise AgentError(f"proprioception needs state {key!r}, which this environment does not have", did_you_mean(key, state))
        assert self.state_vector is not None
        return self.state_vector(state["eef_pos"], state["eef_quat"], float(state["gripper"][0])).astype(np.float32)


def _normalisation(spec: Mapping[str, Any]) -> Normalisation:
    _refuse_unknown(spec, ("kind", "path", "dataset", "clip"), "normalisation")
    if spec.get("kind") == "rt1x_widowx":
        return rt1x_widowx()
    for key in ("kind", "path", "dataset"):
        if key not in spec:
            raise AgentError(f"normalisation without {key!r}", "give kind, path and dataset, or kind: rt1x_widowx")
    where = f"statistics {spec['path']}, {spec['dataset']}"
    return from_statistics(load_statistics(spec["path"], spec["dataset"]), spec["kind"], bool(spec.get("clip", True)), where)


def _resize(spec: Mapping[str, Any]) -> Callable[[Frame], Frame]:
    _refuse_unknown(spec, ("kind", "size"), "resize")
    function = _known(RESIZES, spec.get("kind", ""), "resize")
    if spec.get("size") is None:
        return function
    size = tuple(spec["size"])
    if len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size):
        raise AgentError(f"resize to {list(size)}", "size: [width, height] in pixels")
    return partial(function, size=size)


def _refuse_unknown(spec: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    for key in spec:
        if key not in known:
            raise AgentError(f"{what}: unknown key {key!r}", did_you_mean(str(key), known))


def _known(choices: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in choices:
        raise AgentError(f"unknown {what} {name!r}", did_you_mean(str(name), choices))
    return choices[name]


def _part(choices: Mapping[str, Any], spec: Mapping[str, Any], what: str) -> Any:
    made = _known(choices, spec.get("kind", ""), what)
    try:
        return made(**{key: value for key, value in spec.items() if key != "kind"})
    except TypeError as error:
        raise AgentError(f"{what} {spec['kind']}: {error}", "mend its arguments") from None
