"""The blind baseline: a small network that sees the car's own speed, acceleration and route command, and nothing of the world (NAVSIM's ego-status MLP, Dauner et al. 2024, made anew)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from harness.errors import AgentError
from harness.policy import Policy, Request, Response

POSES: Final = 8
FEATURES: Final = ("velocity", "acceleration", "command")
INPUTS: Final = 8
SHIPPED: Final = Path(__file__).parent / "ego_mlp.safetensors"
LAYERS: Final = 3


class EgoMlpPolicy(Policy):
    """Args: weights: a .safetensors of :mod:`agents.training.ego_mlp`; None: the ones that come with Gauntlet (trained on generated scenes; see the model card beside them)."""

    batch_invariant: ClassVar[bool] = True

    def __init__(self, weights: str | None = None) -> None:
        self.path = Path(weights) if weights else SHIPPED
        if not self.path.is_file():
            raise AgentError(f"ego_mlp: {self.path} does not exist", "train it: python -m agents.training.ego_mlp --out FILE")
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            self._weights: Mapping[str, NDArray[np.float32]] = load_file(self.path)
            needed = [
                self._weights[name] for name in ("mean", "scale", *(f"{part}{k}" for k in range(LAYERS) for part in ("weight", "bias")))
            ]
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise AgentError(f"ego_mlp: {self.path} holds no ego-status network ({error})", "train it anew") from None
        if needed[2].shape[1] != INPUTS or needed[-1].shape != (POSES * 3,):
            raise AgentError(f"ego_mlp: {self.path} has a network of other sizes", "train it anew")

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [Response(self.plan(features(request.state))[None]) for request in requests]  # one by one: the same bits in any batch

    def plan(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(8, 3) for the features (8,)."""
        weights = self._weights
        value = (inputs - weights["mean"]) / weights["scale"]
        for layer in range(LAYERS):
            value = weights[f"weight{layer}"] @ value + weights[f"bias{layer}"]
            if layer < LAYERS - 1:
                value = np.maximum(value, 0.0)
        return value.reshape(POSES, 3).astype(np.float32)

    def fingerprint(self) -> dict[str, str]:
        return {"weights": hashlib.sha256(self.path.read_bytes()).hexdigest()}


def features(state: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """(8,): velocity, acceleration, command. Raises AgentError where the environment's state lacks one."""
    for name in FEATURES:
        if name not in state:
            raise AgentError(f"ego_mlp: this environment's state has no {name!r}", "run it in a driving environment")
    return np.concatenate([np.asarray(state[name], np.float32).ravel() for name in FEATURES])
