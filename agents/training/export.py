"""Writes the weights and the model card's facts."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from agents.training.dataset import Demonstrations
from agents.training.recipe import Recipe
from agents.vla.model import VlaModel
from agents.vla.weights import FILE, save_model


def export(model: VlaModel, recipe: Recipe, out: Path, data: Demonstrations, seconds: dict[str, float]) -> Path:
    """``out/weights/model.safetensors`` and ``facts.json`` beside it: what a model card must say. Scores are not among them: evaluate with ``gauntlet run``."""
    folder = out / "weights"
    digest = save_model(model, folder / FILE)
    count = {
        name: sum(p.numel() for p in part.parameters()) for name, part in (("reasoner", model.reasoner), ("action expert", model.expert))
    }
    facts: dict[str, Any] = {
        "name": recipe.name,
        "recipe": {key: list(value) if isinstance(value, tuple) else value for key, value in vars(recipe).items()},
        "demonstrations": data.episodes,
        "steps": len(data.state),
        "frames": len(data.frame_image),
        "seeds": list(data.seeds),
        "parameters": count,
        "seconds": {name: round(value) for name, value in seconds.items()},
        "digest": digest,
        "file_sha256": hashlib.sha256((folder / FILE).read_bytes()).hexdigest(),
        "commit": _commit(),
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")
    return folder


def _commit() -> str:
    try:
        return subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
