"""Entry point of the ``simpler/...`` gymnasium ids."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from envs.manipulation.render_device import choose_render_backend
from envs.manipulation.simpler.assets import require_assets
from envs.manipulation.simpler.ids import WIDOWX_TASKS
from envs.manipulation.simpler.parallel import require_cpu_physics, require_number, require_one
from envs.manipulation.simpler.required_files import TASK_FILES
from harness.errors import ConfigError, RenderError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from envs.manipulation.adapter import ManipulationEnv
    from envs.manipulation.simpler.vector import SimplerVectorEnv


def make_simpler(
    task: str,
    assets: str | Path | None = None,
    overlay: bool = True,
    shader: str = "default",
    render_backend: str = "auto",
    render_mode: str | None = None,
    defaults: Mapping[str, Any] | None = None,
    num_envs: int = 1,
    sim_backend: str = "auto",
) -> ManipulationEnv:
    """One SIMPLER task as a gymnasium environment.

    ``assets``: the folder of SIMPLER's data (else ``GAUNTLET_SIMPLER_ASSETS``); ``overlay``: visual matching, the photograph behind the scene; ``shader``: ``default`` looks as the original, ``minimal`` is faster and differs;
    ``render_backend``: ``cpu``, ``gpu``, or ``auto``, the GPU where one renders; ``defaults``: options of every reset unless it gives them (Google Robot);
    ``num_envs``: 1, as ``gymnasium.make`` returns one environment: :func:`make_simpler_vector` makes several; ``sim_backend``: ``auto`` and ``cpu`` are PhysX on the CPU, all others are refused (:mod:`envs.manipulation.simpler.parallel`).

    Raises:
        ConfigError: an unknown task or value; AssetsError: a file that the task needs is missing; RenderError: nothing renders.
    """
    _require_task(task, defaults)
    require_one(num_envs, task)
    require_cpu_physics(sim_backend)
    render_backend = choose_render_backend(render_backend)
    folder = require_assets(assets, task)  # before the slow imports: a wrong folder is told at once

    from envs.manipulation.adapter import ManipulationEnv

    family, google = _family(task)
    try:
        built = family(
            task,
            folder,
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


def make_simpler_vector(
    task: str,
    assets: str | Path | None = None,
    overlay: bool = True,
    shader: str = "default",
    render_backend: str = "auto",
    render_mode: str | None = None,
    defaults: Mapping[str, Any] | None = None,
    num_envs: int = 1,
    sim_backend: str = "auto",
    workers: int | None = None,
    max_episode_steps: int | None = None,
) -> SimplerVectorEnv:
    """Several episodes of one SIMPLER task side by side: what ``gymnasium.make_vec("simpler/...", num_envs=N)`` gives.

    Arguments as of :func:`make_simpler`; ``workers``: processes that share the sub-environments (None: one a core; 0: none, all in this process one after another); ``max_episode_steps``: after which ``truncations`` are true.

    Raises:
        ConfigError, AssetsError, RenderError: as :func:`make_simpler`, before any process starts where that can be known.
    """
    _require_task(task, defaults)
    require_number(num_envs)
    require_cpu_physics(sim_backend)
    render_backend = choose_render_backend(render_backend)  # once: all sub-environments draw with the same device
    folder = require_assets(assets, task)

    from envs.manipulation.simpler.vector import SimplerVectorEnv

    make = partial(make_simpler, task, folder.root, overlay, shader, render_backend, render_mode, defaults)
    return SimplerVectorEnv(make, num_envs, workers, max_episode_steps)


def _require_task(task: str, defaults: Mapping[str, Any] | None) -> None:
    if task not in TASK_FILES:
        raise ConfigError(f"unknown SIMPLER task {task!r}", did_you_mean(task, TASK_FILES))
    if defaults and task in WIDOWX_TASKS:
        raise ConfigError(f"{task} takes no defaults", "give the options at reset")


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
