"""The options of a reset: which of the protocol's episodes to lay out."""

from __future__ import annotations

from typing import Any

from harness.errors import ConfigError, did_you_mean

OPTIONS = ("episode_id",)


def choose_episode_id(task: str, episodes: int, seed: int | None, options: dict[str, Any]) -> int:
    """``options["episode_id"]``, or else seed % episodes."""
    for name in options:
        if name not in OPTIONS:
            raise ConfigError(f"{task} has no reset option {name!r}", did_you_mean(name, OPTIONS))
    wanted = options.get("episode_id")
    if wanted is None:
        return (seed or 0) % episodes
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 0 <= wanted < episodes:
        raise ConfigError(f"{task} has no episode_id {wanted!r}", f"it has 0 to {episodes - 1}")
    return wanted
