"""Entry point of the ``simpler/...`` gymnasium ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envs.manipulation.simpler.assets import require_assets
from envs.manipulation.simpler.required_files import TASK_FILES
from harness.errors import ConfigError, RenderError, did_you_mean

RENDER_BACKENDS = ("auto", "cpu", "gpu")

if TYPE_CHECKING:
    from pathlib import Path

    from envs.manipulation.adapter import ManipulationEnv


def make_simpler(
    task: str,
    assets: str | Path | None = None,
    overlay: bool = True,
    shader: str = "default",
    render_backend: str = "auto",
    render_mode: str | None = None,
) -> ManipulationEnv:
    """One SIMPLER task as a gymnasium environment.

    ``assets``: the folder of SIMPLER's data (else ``GAUNTLET_SIMPLER_ASSETS``); ``overlay``: visual matching, the photograph behind the scene; ``shader``: ``default`` looks as the original, ``minimal`` is faster and differs;
    ``render_backend``: ``cpu``, ``gpu``, or ``auto``, the GPU where torch sees one. Physics runs on the CPU.
    """
    if task not in TASK_FILES:
        raise ConfigError(f"unknown SIMPLER task {task!r}", did_you_mean(task, TASK_FILES))
    if render_backend not in RENDER_BACKENDS:
        raise ConfigError(f"unknown render_backend {render_backend!r}", did_you_mean(render_backend, RENDER_BACKENDS))
    folder, report = require_assets(assets, task)  # before the slow imports: a wrong folder is told at once

    import torch

    from envs.manipulation.adapter import ManipulationEnv
    from envs.manipulation.simpler.tasks.put_on import PutOnTask

    has_gpu = torch.cuda.is_available()
    if render_backend == "gpu" and not has_gpu:
        raise RenderError("render_backend=gpu, but torch sees no CUDA device", "use render_backend=auto, or install the driver")
    if render_backend == "auto":
        render_backend = "gpu" if has_gpu else "cpu"
    try:
        built = PutOnTask(task, folder, report, overlay=overlay, shader=shader, render_backend=render_backend)
    except RuntimeError as error:
        if "rendering device" not in str(error) and "vk::" not in str(error):
            raise
        raise RenderError(f"the simulator cannot render: {error}", "install a Vulkan driver; `gauntlet doctor` says which") from error
    return ManipulationEnv(built, render_mode=render_mode)
