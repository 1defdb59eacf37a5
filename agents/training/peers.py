"""Several one-thread processes that train one model together: their weights are averaged every few steps (see :func:`agents.training.stage.run_stage`).

On shared machines two one-thread processes get more done than one of two threads.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import torch
from torch import distributed

from agents.training.dataset import load
from agents.training.domain import domain_named
from agents.training.guided import Samplers
from agents.training.recipe import Recipe, fresh_model
from agents.vla.model import VlaModel
from harness.errors import ConfigError

Train = Callable[[VlaModel, Samplers, Recipe, Path], float]


def train_together(train: Train, model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path, data_folder: Path) -> float:
    """Runs ``train`` here and in ``recipe.training_workers - 1`` further processes. Returns the seconds; ``model`` holds the result."""
    if recipe.training_workers < 2:
        return train(model, samplers, recipe, out)
    meeting = (out / "peers").absolute()
    meeting.unlink(missing_ok=True)
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(target=_peer, args=(train, recipe, out, data_folder, meeting, rank)) for rank in range(1, recipe.training_workers)
    ]
    for other in others:
        other.start()
    try:
        _join(meeting, 0, recipe.training_workers)
        seconds = train(model, samplers, recipe, out)
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()
        for other in others:
            other.join(timeout=60)
            if other.is_alive():
                other.kill()
        meeting.unlink(missing_ok=True)
    if any(other.exitcode for other in others):
        raise ConfigError("a training process stopped", "see the traceback above; running the command again resumes")
    return seconds


def _join(meeting: Path, rank: int, world: int) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)


def _peer(train: Train, recipe: Recipe, out: Path, data_folder: Path, meeting: Path, rank: int) -> None:
    torch.set_num_threads(1)
    domain = domain_named(recipe.suite)
    data = load(data_folder, domain, recipe.horizon)
    model = fresh_model(recipe, data, domain)
    samplers = Samplers.of(data, domain, model, recipe)
    _join(meeting, rank, recipe.training_workers)
    train(model, samplers, recipe, out)
    distributed.destroy_process_group()
