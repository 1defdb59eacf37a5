"""One stage of training: steps with a schedule, an average of the weights, logs, checkpoints and resume."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed, nn

from agents.training import checkpoint

TOGETHER = 25  # steps after which processes that train together average their weights (local SGD): waiting at every step would cost half of a busy machine
Step = Callable[[int, np.random.Generator], tuple[Tensor, dict[str, float]]]


def _rate(step: int, steps: int, warm: int) -> float:
    return min(1.0, (step + 1) / warm) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))))


def run_stage(
    name: str,
    model: nn.Module,
    parameters: list[nn.Parameter],
    step_of: Step,
    steps: int,
    out: Path,
    *,
    rate: float,
    seed: int,
    decay: float = 0.01,
    average: float = 0.998,
    every: int = 200,
    validate: Callable[[], dict[str, float]] | None = None,
) -> float:
    """Trains ``parameters`` of ``model`` for ``steps``; afterwards the model holds the moving average of its weights. Returns the seconds spent, over all resumptions.

    In a process group of torch.distributed every process trains the same model on batches of its own, and the first one writes. Everything random follows from (seed, step, process), so that an interrupted run continues as if it had not been. Logs to TensorBoard under ``out/logs``.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from torch.utils.tensorboard.writer import SummaryWriter

    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
    path = out / f"{name}.pt"
    rank, world = (distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else (0, 1)
    mean = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(average), use_buffers=False)
    holder = nn.ModuleDict({"now": model, "mean": mean.module})
    stored = checkpoint.resume(path, holder, optimiser)
    first, spent = int(stored.get("step", 0)), float(stored.get("seconds", 0.0))
    if first:
        mean.n_averaged += 1
    if world > 1:
        for tensor in holder.state_dict().values():  # the first process's start is everybody's; and nobody writes before all have read
            distributed.broadcast(tensor, 0)
    began = time.perf_counter()
    writer = SummaryWriter(str(out / "logs" / name)) if rank == 0 else None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    sums: dict[str, float] = {}
    with Progress(*columns, disable=rank > 0) as progress:
        bar = progress.add_task(name, total=steps, completed=first, loss="")
        for step in range(first, steps):
            torch.manual_seed((seed * 1_000_003 + step) * world + rank)
            rng = np.random.default_rng([seed, step, len(name), *([rank] if world > 1 else [])])
            for group in optimiser.param_groups:
                group["lr"] = rate * _rate(step, steps, 100)
            model.train()
            loss, parts = step_of(step, rng)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            if world > 1 and (step + 1) % TOGETHER == 0:
                _share(parameters, world)
            mean.update_parameters(model)
            for key, value in parts.items():
                sums[key] = sums.get(key, 0.0) + value / every
            if writer is not None and ((step + 1) % every == 0 or step + 1 == steps):
                for key, value in sums.items():
                    writer.add_scalar(key, value, step + 1)
                line = " ".join(f"{key} {value:.3f}" for key, value in sums.items())
                progress.update(bar, loss=line)
                checkpoint.save(path, holder, optimiser, step + 1, seconds=spent + time.perf_counter() - began)
                shown = f"{name} {step + 1}/{steps} {line}"
                if validate is not None and ((step + 1) % (5 * every) == 0 or step + 1 == steps):
                    _copy_buffers(model, mean.module)
                    current = {key: value.clone() for key, value in model.state_dict().items()}
                    model.load_state_dict(mean.module.state_dict())
                    model.eval()
                    measured = validate()
                    model.load_state_dict(current)
                    for key, value in measured.items():
                        writer.add_scalar(f"validation/{key}", value, step + 1)
                    shown += " | " + " ".join(f"{key} {value:.3f}" for key, value in measured.items())
                progress.console.print(shown, highlight=False, soft_wrap=True)
                sums = {}
            progress.advance(bar)
    if writer is not None:
        writer.close()
    _copy_buffers(model, mean.module)
    model.load_state_dict(mean.module.state_dict())
    model.eval()
    return spent + time.perf_counter() - began


@torch.no_grad()
def _share(parameters: list[nn.Parameter], world: int) -> None:
    """Every process goes on from the mean of all processes' weights."""
    flat = torch.cat([parameter.flatten() for parameter in parameters])
    distributed.all_reduce(flat)
    flat /= world
    for parameter, mean in zip(parameters, flat.split([p.numel() for p in parameters])):
        parameter.copy_(mean.view_as(parameter))


def _copy_buffers(source: nn.Module, into: nn.Module) -> None:
    """Statistics of normalisation are not averaged: the latest count."""
    for (_, old), (_, new) in zip(into.named_buffers(), source.named_buffers(), strict=True):
        old.copy_(new)
