"""How a shipped policy is made, as data; and the network that the data ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from agents.training.dataset import Demonstrations
from agents.training.domain import Domain
from agents.training.warm_start import warm_start
from agents.vla.action_decoder import HORIZON
from agents.vla.model import ModelConfig, VlaModel, nested_tuple
from agents.vla.vocabulary import split_words
from harness.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Recipe:
    """``suite``: a training domain. ``episodes``: demonstrations of each of the ``workers`` recording processes, whose seeds begin at multiples of ``seed_stride``. Steps are optimiser steps; ``grounding_batch`` is that of each of the ``training_workers`` processes that train the two stages together; ``views``: sentences about each image of grounding.

    ``rounds``: of stage 2; each has ``round_grounding`` steps of grounding and ten times as many of action. ``init``: shipped weights to begin with, ``init_only`` the part of them (reasoner, expert; empty: both): see
    :mod:`agents.training.warm_start`. ``parts``: stages that are trained. ``ground_again``: False leaves the reasoner as it came in stage 2.
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
    head_steps: int = 4000
    head_batch: int = 96
    vanilla_steps: int = 4000
    prompted: bool = True
    decoders: tuple[str, ...] = ("flow",)
    flow_source: str = "noise"
    bridge_interval: int = 2
    horizon: int = HORIZON
    init: str = ""
    init_only: str = ""
    parts: tuple[str, ...] = ("grounding", "motor", "polish", "guided", "heads")
    ground_again: bool = True


RECIPES: dict[str, Recipe] = {"st4vla-tabletop": Recipe("st4vla-tabletop", "tabletop")}
_TABLETOP = RECIPES["st4vla-tabletop"]
# Ablations of the action expert keep the shipped reasoner, so that nothing but the part in question differs.
_EXPERT = replace(_TABLETOP, init=_TABLETOP.name, init_only="reasoner", parts=("motor", "guided"), ground_again=False)
_WIDOWX = replace(
    _TABLETOP,
    name="st4vla-widowx",
    suite="widowx",
    init=_TABLETOP.name,
    init_only="reasoner",
    episodes=300,
    training_workers=1,
    grounding_steps=1800,
    polish_steps=1000,
    motor_steps=6000,
    vanilla_steps=1600,
)
_OTHERS = (
    replace(_TABLETOP, name="vanilla-tabletop", prompted=False),
    replace(_TABLETOP, name="decoders-tabletop", decoders=("flow", "tokens", "gru", "l1"), init=_TABLETOP.name, parts=("heads",)),
    replace(_EXPERT, name="noise-tabletop"),
    replace(_EXPERT, name="history-tabletop", flow_source="history"),
    replace(_EXPERT, name="bridge1-tabletop", bridge_interval=1),
    replace(_EXPERT, name="bridge4-tabletop", bridge_interval=4),  # of four layers: the last
    replace(_EXPERT, name="chunk16-tabletop", horizon=16),
    _WIDOWX,
    replace(_WIDOWX, name="vanilla-widowx", prompted=False, init="", init_only=""),
)
RECIPES.update({recipe.name: recipe for recipe in _OTHERS})


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
        projection=_projection(data),
        family_views=_family_views(domain) if len(data.projection) > 1 else (),
        crop=tuple(domain.crop),
        camera=domain.camera,
        bridge_interval=recipe.bridge_interval,
        decoders=recipe.decoders,
        flow_source=recipe.flow_source,
        prompted=recipe.prompted,
        horizon=recipe.horizon,
    )


def _projection(data: Demonstrations) -> tuple[Any, ...]:
    several = len(data.projection) > 1
    return nested_tuple(data.projection.tolist() if several else data.projection[0].tolist())


def _family_views(domain: Domain) -> tuple[int, ...]:
    views = {domain.family(task): domain.view(task) for task in domain.weights}
    return tuple(views[family] for family in domain.families)


def fresh_model(recipe: Recipe, data: Demonstrations, domain: Domain) -> VlaModel:
    torch.manual_seed(recipe.seed)
    model = VlaModel(model_config(recipe, data, domain))
    if recipe.init:
        warm_start(model, recipe.init, recipe.init_only)
    return model
