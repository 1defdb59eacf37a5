"""Finishing the reasoner's heads (heights, grasp angle, place, words) on features that are computed once: the encoder and the layers stay as they are, and with them the hidden states that the bridge reads.

Heights decide where a ray through the image ends in space, so their last millimetres matter; the heads are small and read features from memory, so many passes cost little.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from agents.training.grounding_batch import GroundingBatch, GroundingSampler
from agents.training.guided import Samplers, grounding_scores
from agents.training.losses import head_losses
from agents.training.recipe import Recipe
from agents.training.stage import run_stage
from agents.vla.inputs import Inputs
from agents.vla.model import VlaModel

_NOISE = 0.02  # on the features, as a share of their spread


@torch.no_grad()
def gather(
    model: VlaModel, sampler: GroundingSampler, frames: np.ndarray, rng: np.random.Generator, views: int = 2, size: int = 32
) -> tuple[Tensor, Tensor, GroundingBatch]:
    """Features (N, G), points read (N, 2, 2) and the labels of ``views`` sentences about each frame; local features are read where the reasoner itself points."""
    model.eval()
    features, points, labels = [], [], []
    for start in range(0, len(frames), size):
        batch = sampler.of(frames[start : start + size], rng, own=0.75, views=views)
        raw = model.reasoner.ground(batch.inputs, batch.shift)
        features.append(raw.gathered.half())
        points.append(raw.where)
        batch.inputs = Inputs(torch.zeros(len(raw.where), 0), batch.inputs.words, batch.inputs.state)
        labels.append(batch)
    return torch.cat(features), torch.cat(points), join(labels)


def join(batches: list[GroundingBatch]) -> GroundingBatch:
    image, words, state = (torch.cat([getattr(batch.inputs, name) for batch in batches]) for name in ("image", "words", "state"))
    inputs = Inputs(image, words, state)
    rest = {
        field.name: torch.cat([getattr(batch, field.name) for batch in batches])
        for field in fields(GroundingBatch)
        if field.name != "inputs"
    }
    return GroundingBatch(inputs, **rest)


def rows(batch: GroundingBatch, index: Tensor) -> GroundingBatch:
    inputs = Inputs(batch.inputs.image[index], batch.inputs.words[index], batch.inputs.state[index])
    return GroundingBatch(
        inputs, **{field.name: getattr(batch, field.name)[index] for field in fields(GroundingBatch) if field.name != "inputs"}
    )


def train_polish(model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path) -> float:
    """Returns seconds. A recipe with no ``polish_steps`` leaves this out."""
    if recipe.polish_steps == 0:
        return 0.0
    drawn = np.random.default_rng([recipe.seed, 9])
    frames = drawn.choice(samplers.grounding.frames, min(recipe.polish_frames, len(samplers.grounding.frames)), replace=False)
    features, points, labels = gather(model, samplers.grounding, frames, drawn)
    return polish(model, samplers, recipe, out, features, points, labels)


def polish(
    model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path, features: Tensor, points: Tensor, labels: GroundingBatch
) -> float:
    reasoner = model.reasoner
    heads = nn.ModuleList([reasoner.shared, reasoner.place, reasoner.present, reasoner.facts, reasoner.angle, reasoner.text])
    spread = features.float().std(0)

    def step(number: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        index = torch.from_numpy(rng.integers(len(features), size=recipe.polish_batch))
        gathered = features[index].float() + torch.randn(len(index), features.shape[1]) * spread * _NOISE
        batch = rows(labels, index)
        nothing = torch.zeros(len(index), 2, 1)
        raw = reasoner.answer(gathered, points[index], nothing, points[index], nothing[:, 0], [])
        parts = head_losses(reasoner, raw, batch)
        if number % 4:  # words are the slowest to train and the first to be right
            parts.pop("text")
        parts["facts"] = parts["facts"] * 3
        return torch.stack(list(parts.values())).sum(), {name: float(value.detach()) for name, value in parts.items()}

    return run_stage(
        "polish",
        heads,
        list(heads.parameters()),
        step,
        recipe.polish_steps,
        out,
        rate=6e-4,
        seed=recipe.seed,
        average=0.995,
        every=250,
        validate=lambda: grounding_scores(model, samplers.validation, 4),
    )
