"""How many episodes one environment simulates at once: one.

The controllers of the Google Robot plan in Python (ruckig, one plan a robot), the judgement reads PhysX's contacts on the CPU, and the scene of an episode is built for that episode; none of that is batched, and no CUDA device
was at hand to try ManiSkill's GPU simulation with. Many episodes at once run as many worker processes (``executor.workers=N``), bit for bit as one would.
"""

from __future__ import annotations

from typing import Any

from harness.errors import ConfigError

WORKERS = "use num_envs=1, and executor.workers=N for episodes side by side"


def require_one(num_envs: Any) -> None:
    """Raises ConfigError for any number but 1, and says whether it is the machine or the port that lacks it."""
    if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
        raise ConfigError(f"num_envs={num_envs!r}", "give a whole number, at least 1")
    if num_envs == 1:
        return
    import torch

    if not torch.cuda.is_available():
        raise ConfigError(f"num_envs={num_envs} needs a CUDA device, and torch finds none", WORKERS)
    raise ConfigError(f"num_envs={num_envs}: SIMPLER's tasks are not batched on the GPU", WORKERS)
