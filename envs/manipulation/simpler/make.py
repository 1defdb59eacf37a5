"""Entry point of the ``simpler/...`` gymnasium ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envs.manipulation.render_device import choose_render_backend
from envs.manipulation.simpler.assets import require_assets
from envs.manipulation.simpler.required_files import TASK_FILES
from harness.errors import ConfigError, RenderError, did_you_mean

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
    ``render_backend``: ``cpu``, ``gpu``, or ``auto``, the GPU where one renders. Physics runs on the CPU.
    """
    if task not in TASK_FILES:
        raise ConfigError(f"unknown SIMPLER task {task!r}", did_you_mean(task, TASK_FILES))
    render_backend = choose_render_backend(render_backend)
    folder, report = require_assets(assets, task)  # before the slow imports: a wrong folder is told at once

    from envs.manipulation.adapter import ManipulationEnv
    from envs.manipulation.simpler.tasks.put_on import PutOnTask

    try:
        built = PutOnTask(task, folder, report, overlay=overlay, shader=shader, render_backend=render_backend)
    except RuntimeError as error:
        if "rendering device" not in str(error) and "vk::" not in str(error):
            raise
        raise RenderError(f"the simulator cannot render: {error}", "install a Vulkan driver; `gauntlet doctor` says which") from error
    return ManipulationEnv(built, render_mode=render_mode)
