"""Checkpoints of a training run: written whole or not at all, resumed from the newest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from harness.errors import StoreError


def save(path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int, **more: Any) -> None:
    """Under a temporary name first, so that an interruption leaves the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step, **more}, temporary)
    temporary.rename(path)


def resume(path: Path, model: nn.Module, optimiser: torch.optim.Optimizer | None = None) -> dict[str, Any]:
    """Loads it into ``model`` (and ``optimiser``) and returns the rest, {} if there is none. Raises StoreError if it does not fit."""
    if not path.is_file():
        return {}
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(stored["model"])
        if optimiser is not None:
            optimiser.load_state_dict(stored["optimiser"])
    except (RuntimeError, KeyError, EOFError, ValueError) as error:
        raise StoreError(
            f"checkpoint {path} does not fit this model: {' '.join(str(error).split())[:160]}", "train into another --out folder"
        ) from None
    return stored
