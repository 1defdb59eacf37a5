"""How a shipped policy is made, as data; and the network that the data ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from agents.training.dataset import Demonstrations
from agents.training.domain import Domain
from agents.vla.model import ModelConfig, VlaModel
from agents.vla.vocabulary import split_words
from harness.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Recipe:
    """``suite``: a training domain. ``episodes``: demonstrations of each of the ``workers`` recording processes, whose seeds begin at multiples of ``seed_stride``. Steps are optimiser steps; ``grounding_batch`` is that of each of the ``training_workers`` processes that train the two stages together; ``views``: sentences about each image of grounding.

    ``rounds``: of stage 2; each has ``round_grounding`` steps of grounding and ten times as many of action.
    """

    name: str
    suite: str
    episodes: int = 2100
    workers: int = 2
    seed_stride: int = 100_000
    seed: int = 0
    grounding_steps: int = 1300
    grounding_batch: int = 48
    training_workers: int = 2
    views: int = 3
    motor_steps: int = 6500
    action_batch: int = 256
    rounds: int = 2
    round_grounding: int = 40
    round_frames: int = 3000
    polish_frames: int = 9000
    polish_batch: int = 192
    polish_steps: int = 0
    head_steps: int = 800
    vanilla_steps: int = 3500
    prompted: bool = True
    decoders: tuple[str, ...] = ("flow",)
    flow_source: str = "noise"
    bridge_interval: int = 2


RECIPES: dict[str, Recipe] = {"st4vla-tabletop": Recipe("st4vla-tabletop", "tabletop")}
_TABLETOP = RECIPES["st4vla-tabletop"]
_ABLATIONS = (
    replace(_TABLETOP, name="vanilla-tabletop", prompted=False, decoders=("flow",)),
    replace(_TABLETOP, name="history-tabletop", flow_source="history", decoders=("flow",)),
    replace(_TABLETOP, name="bridge1-tabletop", bridge_interval=1, decoders=("flow",)),
    replace(_TABLETOP, name="bridge4-tabletop", bridge_interval=4, decoders=("flow",)),  # of four layers: the last
)
RECIPES.update({recipe.name: recipe for recipe in _ABLATIONS})


def recipe_named(name: str) -> Recipe:
    if name not in RECIPES:
        raise ConfigError(f"unknown policy {name!r} to train", did_you_mean(name, RECIPES))
    return RECIPES[name]


def model_config(recipe: Recipe, data: Demonstrations, domain: Domain) -> ModelConfig:
    """The vocabulary is that of the training sentences and of the subtasks that occur; the camera the one that recorded."""
    words = {word for text in (*domain.sentences(), *map(str, set(data.subtask.tolist()))) for word in split_words(text)}
    return ModelConfig(
        words=tuple(sorted(words)),
        families=tuple(domain.families),
        subtasks=data.kinds,
        projection=tuple(tuple(float(x) for x in row) for row in data.projection),
        camera=domain.camera,
        bridge_interval=recipe.bridge_interval,
        decoders=recipe.decoders,
        flow_source=recipe.flow_source,
        prompted=recipe.prompted,
    )


def fresh_model(recipe: Recipe, data: Demonstrations, domain: Domain) -> VlaModel:
    torch.manual_seed(recipe.seed)
    return VlaModel(model_config(recipe, data, domain))
