"""The vanilla policy: the same network and data without grounding and without a spatial prompt. Image, words and proprioception in, actions out, end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from agents.training.guided import Samplers, action_loss
from agents.training.recipe import Recipe
from agents.training.stage import run_stage
from agents.vla.model import VlaModel
from agents.vla.spatial_prompt import untold


def train_vanilla(model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path) -> float:
    """Returns seconds. ``recipe.vanilla_steps`` should take as long as the stages of the guided policy together: see its card."""
    data = samplers.action.data

    def step(number: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        frames = samplers.grounding.frames[rng.integers(len(samplers.grounding.frames), size=recipe.grounding_batch)]
        seen = samplers.grounding.of(frames, rng, move=False)
        batch = samplers.action.of(data.frame_step[frames], rng)
        batch.prompt = untold(batch.prompt)
        return action_loss(model, batch, model.reasoner.ground(seen.inputs).hidden, None)

    return run_stage("vanilla", model, list(model.parameters()), step, recipe.vanilla_steps, out, rate=7e-4, seed=recipe.seed)
