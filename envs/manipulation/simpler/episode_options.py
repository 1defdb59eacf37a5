"""The options of a reset: which of the protocol's episodes to lay out."""

from __future__ import annotations

from typing import Any

from harness.errors import ConfigError, did_you_mean

OPTIONS = ("episode_id", "layout")
LAYOUTS = ("protocol", "random")


def choose_episode_id(task: str, episodes: int, seed: int | None, options: dict[str, Any]) -> int:
    """``options["episode_id"]``, or else seed % episodes."""
    for name in options:
        if name not in OPTIONS:
            raise ConfigError(f"{task} has no reset option {name!r}", did_you_mean(name, OPTIONS))
    wanted = options.get("episode_id")
    if options.get("layout", LAYOUTS[0]) != LAYOUTS[0] and wanted is not None:
        raise ConfigError(f"{task}: episode_id {wanted!r} in a random layout", "give episode_id, or layout=random and a seed")
    if wanted is None:
        return (seed or 0) % episodes
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 0 <= wanted < episodes:
        raise ConfigError(f"{task} has no episode_id {wanted!r}", f"it has 0 to {episodes - 1}")
    return wanted


def is_random(task: str, options: dict[str, Any]) -> bool:
    """Whether ``options["layout"]`` asks for a layout drawn from the seed instead of the protocol's."""
    wanted = options.get("layout", LAYOUTS[0])
    if wanted not in LAYOUTS:
        raise ConfigError(f"{task} has no layout {wanted!r}", did_you_mean(str(wanted), LAYOUTS))
    return wanted == "random"
