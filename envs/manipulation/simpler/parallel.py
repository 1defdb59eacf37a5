"""What can be had at once: several episodes side by side on the CPU (:mod:`envs.manipulation.simpler.vector`); physics on the GPU cannot.

ManiSkill's parallel GPU physics steps all scenes of a process in one call. SIMPLER's tasks reach into each scene between substeps: joint limits, and the locked axes of falling objects, are corrected there as PhysX 4 had them; the
Google Robot's gravity compensation asks for ``compute_passive_force``, which exists on the CPU alone, and its motions are planned one by one in Python (ruckig); grasps are judged by PhysX's CPU contacts.
"""

from __future__ import annotations

import os
from typing import Any

from harness.errors import ConfigError, did_you_mean

CPU_BACKENDS = ("auto", "cpu", "physx_cpu")  # ManiSkill's names
GPU_BACKENDS = ("gpu", "cuda", "physx_cuda")


def require_number(num_envs: Any, name: str = "num_envs", least: int = 1) -> int:
    """Raises ConfigError for anything but a whole number of at least ``least``."""
    if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < least:
        raise ConfigError(f"{name}={num_envs!r}", f"give a whole number, at least {least}")
    return num_envs


def require_one(num_envs: Any, task: str) -> None:
    """For the entry point of ``gymnasium.make``, which must return a ``gymnasium.Env``: several are a ``VectorEnv``."""
    if require_number(num_envs) > 1:
        raise ConfigError(
            f"num_envs={num_envs}: this makes one environment",
            f'use gymnasium.make_vec("simpler/...", num_envs={num_envs}), or make_simpler_vector("{task}", num_envs={num_envs})',
        )


def require_cpu_physics(sim_backend: str) -> None:
    """Raises ConfigError where physics on the GPU is asked for, and says whether it is the machine or the port that lacks it."""
    if sim_backend in CPU_BACKENDS:
        return
    if sim_backend.partition(":")[0] not in GPU_BACKENDS:  # "cuda:1" names a device
        raise ConfigError(f"unknown sim_backend {sim_backend!r}", did_you_mean(sim_backend, (*CPU_BACKENDS, *GPU_BACKENDS)))
    import torch

    if not torch.cuda.is_available():
        raise ConfigError(f"sim_backend={sim_backend} needs a CUDA device, and torch finds none", "use sim_backend=cpu")
    raise ConfigError(
        f"sim_backend={sim_backend}: SIMPLER's physics is not batched on the GPU (contacts, joint limits and plans are worked on in each scene between substeps)",
        "use sim_backend=cpu, where num_envs=N steps N scenes in processes; pictures are drawn by the GPU all the same",
    )


def share_out(num_envs: int, workers: int | None) -> list[list[int]]:
    """The indices of the sub-environments that each worker process holds. ``workers``: None is one a core that this process may use, never more than there are sub-environments."""
    count = min(num_envs, workers or len(os.sched_getaffinity(0)))
    return [list(range(first, num_envs, count)) for first in range(count)]
