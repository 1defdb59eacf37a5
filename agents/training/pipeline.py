"""The parts of training, one after the other, each skipped when its result is already there."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import torch

from agents.training.command import PARTS
from agents.training.dataset import Demonstrations, load
from agents.training.domain import domain_named
from agents.training.export import export
from agents.training.guided import Samplers, train_grounding, train_guided, train_heads, train_motor
from agents.training.peers import train_together
from agents.training.polish import train_polish
from agents.training.recipe import Recipe, fresh_model
from agents.training.record import record
from agents.training.vanilla import train_vanilla
from harness.errors import ConfigError


def run_pipeline(recipe: Recipe, out: Path, data_folder: Path | None = None, until: str = PARTS[-1]) -> None:
    """Runs the parts of ``recipe`` up to ``until``; everything lands in ``out``. Raises ConfigError if ``out`` belongs to another recipe."""
    out.mkdir(parents=True, exist_ok=True)
    _claim(out, recipe)
    data_folder = data_folder or out / "data"
    last = PARTS.index(until)
    _record(recipe, data_folder)
    if last == 0:
        return
    torch.set_num_threads(1)  # two one-thread runs beat one of two threads, and the result does not depend on the machine's cores
    domain = domain_named(recipe.suite)
    data: Demonstrations = load(data_folder, domain, recipe.horizon)
    model = fresh_model(recipe, data, domain)
    samplers = Samplers.of(data, domain, model, recipe)
    seconds: dict[str, float] = {}
    parts = {"grounding": train_grounding, "motor": train_motor, "polish": train_polish, "guided": train_guided, "heads": train_heads}
    if not recipe.prompted:
        parts = {"guided": train_vanilla}
    for name, train in parts.items():
        if PARTS.index(name) > last:
            return
        if recipe.prompted and name not in recipe.parts:
            continue
        if recipe.prompted and recipe.training_workers > 1 and (name == "grounding" or (name == "guided" and recipe.ground_again)):
            seconds[name] = train_together(train, model, samplers, recipe, out, data_folder)
        else:
            seconds[name] = train(model, samplers, recipe, out)
    export(model, recipe, out, data, seconds)


def _claim(out: Path, recipe: Recipe) -> None:
    path, mine = out / "recipe.json", {key: list(value) if isinstance(value, tuple) else value for key, value in vars(recipe).items()}
    if path.is_file():
        theirs: dict[str, Any] = json.loads(path.read_text())
        different = sorted(key for key in mine if mine[key] != theirs.get(key))
        if different:
            raise ConfigError(
                f"{path}: {different[0]} is {theirs.get(different[0])!r} there, {mine[different[0]]!r} now", "give another --out"
            )
    path.write_text(json.dumps(mine, indent=1))


def _record(recipe: Recipe, folder: Path) -> None:
    """``workers`` processes, each with seeds of its own. Shards that are there already are kept."""
    from rich.progress import Progress

    wanted = [worker * recipe.seed_stride for worker in range(recipe.workers)]
    context = multiprocessing.get_context("spawn")
    with Progress() as progress, context.Manager() as manager:
        bar = progress.add_task("demonstrations", total=recipe.episodes * recipe.workers)
        done = manager.Queue()
        processes = [context.Process(target=_record_worker, args=(recipe.suite, folder, recipe.episodes, first, done)) for first in wanted]
        for process in processes:
            process.start()
        running = len(processes)
        while running:
            said = done.get()
            running -= said is None
            if said is not None:
                progress.advance(bar, said)
        for process in processes:
            process.join()
            if process.exitcode:
                raise ConfigError(
                    f"recording stopped with exit code {process.exitcode}", "see the traceback above; shards already written are kept"
                )


def _record_worker(suite: str, folder: Path, episodes: int, first: int, done: Any) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        record(domain_named(suite), folder, episodes, first, progress=lambda recording: done.put(1))
    finally:
        done.put(None)
