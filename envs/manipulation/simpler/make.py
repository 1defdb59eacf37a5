"""Entry point of the ``simpler/...`` gymnasium ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envs.manipulation.simpler.assets import require_assets
from harness.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from envs.manipulation.adapter import ManipulationEnv


def make_simpler(
    task: str,
    assets: str | Path | None = None,
    overlay: bool = True,
    shader: str = "default",
    sim_backend: str = "physx_cpu",
    render_backend: str = "auto",
    render_mode: str | None = None,
) -> ManipulationEnv:
    """One SIMPLER task as a gymnasium environment.

    ``assets``: the folder of SIMPLER's data (else ``GAUNTLET_SIMPLER_ASSETS``); ``overlay``: visual matching, the photograph behind the scene; ``shader``: ``default`` looks as the original, ``minimal`` is faster and differs;
    ``render_backend``: ``cpu``, ``gpu``, ``none``, or ``auto``, the GPU where torch sees one.
    """
    from envs.manipulation.simpler.required_files import TASK_FILES

    if task not in TASK_FILES:
        raise ConfigError(f"unknown SIMPLER task {task!r}", did_you_mean(task, TASK_FILES))
    folder, report = require_assets(assets, task)  # before the slow imports: a wrong folder is told at once

    import torch

    from envs.manipulation.adapter import ManipulationEnv
    from envs.manipulation.simpler.tasks.put_on import PutOnTask

    if render_backend == "auto":
        render_backend = "gpu" if torch.cuda.is_available() else "cpu"
    settings: dict[str, Any] = {"overlay": overlay, "shader": shader, "sim_backend": sim_backend, "render_backend": render_backend}
    return ManipulationEnv(PutOnTask(task, folder, report, **settings), render_mode=render_mode)
