"""Entry point of the ``simpler/...`` gymnasium ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envs.manipulation.render_device import choose_render_backend
from envs.manipulation.simpler.assets import require_assets
from envs.manipulation.simpler.parallel import require_one
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
    defaults: Mapping[str, Any] | None = None,
    num_envs: int = 1,
) -> ManipulationEnv:
    """One SIMPLER task as a gymnasium environment.

    ``assets``: the folder of SIMPLER's data (else ``GAUNTLET_SIMPLER_ASSETS``); ``overlay``: visual matching, the photograph behind the scene; ``shader``: ``default`` looks as the original, ``minimal`` is faster and differs;
    ``render_backend``: ``cpu``, ``gpu``, or ``auto``, the GPU where one renders. Physics runs on the CPU;
    ``defaults``: options of every reset unless it gives them (Google Robot); ``num_envs``: 1, see :mod:`envs.manipulation.simpler.parallel`.
    """
    if task not in TASK_FILES:
        raise ConfigError(f"unknown SIMPLER task {task!r}", did_you_mean(task, TASK_FILES))
    require_one(num_envs)
    render_backend = choose_render_backend(render_backend)
    folder, report = require_assets(assets, task)  # before the slow imports: a wrong folder is told at once

    from envs.manipulation.adapter import ManipulationEnv

    family, google = _family(task)
    if defaults and not google:
        raise ConfigError(f"{task} takes no defaults", "give the options at reset")
    try:
        built = family(
            task,
            folder,
            report,
            overlay=overlay,
            shader=shader,
            render_backend=render_backend,
            **({"defaults": defaults or {}} if google else {}),
        )
    except RuntimeError as error:
        if "rendering device" not in str(error) and "vk::" not in str(error):
            raise
        raise RenderError(f"the simulator cannot render: {error}", "install a Vulkan driver; `gauntlet doctor` says which") from error
    return ManipulationEnv(built, render_mode=render_mode)


def _family(task: str) -> tuple[Any, bool]:
    """(the class that runs ``task``, whether it is one of the Google Robot's)."""
    if task.startswith("Pick"):
        from envs.manipulation.simpler.tasks.pick import PickTask

        return PickTask, True
    if task.startswith("MoveNear"):
        from envs.manipulation.simpler.tasks.move_near import MoveNearTask

        return MoveNearTask, True
    if task.startswith("PlaceInto"):
        from envs.manipulation.simpler.tasks.place_in_drawer import PlaceInDrawerTask

        return PlaceInDrawerTask, True
    if task.endswith("Drawer"):
        from envs.manipulation.simpler.tasks.drawer import DrawerTask

        return DrawerTask, True
    from envs.manipulation.simpler.tasks.put_on import PutOnTask

    return PutOnTask, False
