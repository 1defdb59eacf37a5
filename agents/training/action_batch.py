"""Batches for the action expert: true prompts made as uncertain as predicted ones, proprioception, the expert's chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.training.dataset import Demonstrations
from agents.vla.reasoning import FACTS
from agents.vla.spatial_prompt import Prompt
from agents.vla.vocabulary import subtask_kind

_PIXEL = 1 / 128
_FACT_NOISE = {
    "source_z": 0.0015,
    "grasp_z": 0.002,
    "source_top": 0.003,
    "source_bottom": 0.004,
    "place_z": 0.004,
    "place_over": 0.004,
    "travel": 0.012,
    "opening": 0.005,
    "held": 0.1,
    "target_z": 0.003,
}


@dataclass
class ActionBatch:
    prompt: Prompt
    state: Tensor  # (B, 15)
    chunk: Tensor  # (B, T, 7) in the environment's units
    valid: Tensor  # (B, T)
    history: Tensor  # (B, 7)


class ActionSampler:
    """Args: steps: indices to draw from; off: share of samples whose prompt is hidden; told: share that is told the subtask; spread: scale of the noise, 0 for none."""

    def __init__(
        self,
        data: Demonstrations,
        kinds: tuple[str, ...],
        steps: NDArray[np.int64],
        off: float = 0.07,
        told: float = 0.5,
        spread: float = 1.0,
    ) -> None:
        self.data, self.steps, self.off, self.told, self.spread = data, steps, off, told, spread
        names, inverse = np.unique(data.subtask, return_inverse=True)
        index = {kind: number for number, kind in enumerate(kinds)}
        self._subtask = np.array([index.get(subtask_kind(str(name)), len(kinds)) for name in names])[inverse]
        self._kinds = len(kinds)
        self._pixels = {name: self._project(getattr(data, name)) for name in ("source", "target", "place")}
        held = data.facts[:, FACTS.index("held")]
        # Rare moments decide: near the grasp and where the gripper changes, samples are drawn more often.
        turning = np.abs(np.diff(np.concatenate([data.chunk[..., -1], data.chunk[:, -1:, -1]], 1))).max(1) > 0
        weight = 1.0 + 1.5 * turning[steps] + 0.0 * held[steps]
        self._cumulative = np.cumsum(weight / weight.sum())

    def _project(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        homogeneous = np.concatenate([points, np.ones_like(points[:, :1])], 1)
        image = np.einsum("nij,nj->ni", self.data.projection[self.data.view], homogeneous)
        return (image[:, :2] / image[:, 2:]).astype(np.float32)

    def draw(self, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
        return self.steps[np.searchsorted(self._cumulative, rng.random(size)).clip(max=len(self.steps) - 1)]

    def batch(self, size: int, rng: np.random.Generator) -> ActionBatch:
        return self.of(self.draw(size, rng), rng)

    def of(self, steps: NDArray[np.int64], rng: np.random.Generator) -> ActionBatch:
        data, size = self.data, len(steps)

        def tensor(values: NDArray) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values))

        # Errors of grounding are mostly small, sometimes not; one scale a sample, so that the policy meets consistent errors.
        scale = np.where(rng.random((size, 1)) < 0.12, 2.5, 0.7) * self.spread
        anchors = {
            name: np.nan_to_num(pixels[steps]) + rng.normal(size=(size, 2)) * _PIXEL * 0.8 * scale for name, pixels in self._pixels.items()
        }
        facts = data.facts[steps].copy()
        noise = np.array([_FACT_NOISE[name] for name in FACTS]) * scale
        facts += (rng.normal(size=facts.shape) * noise).astype(np.float32)
        held = FACTS.index("held")
        flip = rng.random(size) < 0.02 * self.spread
        facts[:, held] = np.where(flip, 1 - facts[:, held], facts[:, held]).clip(0, 1)
        angle = data.angle[steps]
        known = np.stack([np.ones(size), ~np.isnan(data.target[steps, 0]), ~np.isnan(data.place[steps, 0]), ~np.isnan(angle)], 1)
        known *= rng.random((size, 1)) >= self.off
        angle = np.nan_to_num(angle) + rng.normal(size=size) * 0.08 * scale[:, 0]
        subtask = np.where(rng.random(size) < self.told, self._subtask[steps], -1)
        wrong = rng.random(size) < 0.05 * self.spread
        subtask = np.where(wrong & (subtask >= 0), rng.integers(self._kinds + 1, size=size), subtask)
        floats = {name: tensor(value.astype(np.float32)) for name, value in anchors.items()}
        prompt = Prompt(
            **floats,
            facts=tensor(facts.astype(np.float32)),
            angle=tensor(angle.astype(np.float32)),
            family=tensor(data.family[steps]),
            subtask=tensor(subtask),
            known=tensor(known.astype(np.float32)),
        )
        return ActionBatch(
            prompt,
            tensor(data.state[steps]),
            tensor(data.chunk[steps]),
            tensor(data.valid[steps].astype(np.float32)),
            tensor(data.last_action[steps]),
        )
