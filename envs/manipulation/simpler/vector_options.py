"""The seeds and options of a vector environment's reset, one a sub-environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import ConfigError

MASK, EACH = "reset_mask", "each"
Options = Mapping[str, Any] | Sequence[Mapping[str, Any] | None] | None


def options_of(options: Options, num_envs: int) -> tuple[NDArray[np.bool_], list[dict[str, Any]]]:
    """(which to reset (n,), the options of each).

    ``options``: those of all, or a list of those of each (None: none). Among those of all, ``reset_mask`` says which to reset, and ``each``, a list, adds those of each.

    Raises:
        ConfigError: something of another type or number; the message names the sub-environment.
    """
    if options is None or isinstance(options, Mapping):
        common = dict(options or {})
        mask = mask_of(common.pop(MASK, np.ones(num_envs, bool)), num_envs, MASK)
        if not mask.any():
            raise ConfigError(f"{MASK} is nowhere true", "leave the reset out, or say which to reset")
        each = common.pop(EACH, [None] * num_envs)
    else:
        common, mask, each = {}, np.ones(num_envs, bool), options
    if isinstance(each, str) or not isinstance(each, Sequence):
        raise ConfigError(f"reset options of type {type(each).__name__}", f"give a dictionary for all, or a list of {num_envs}")
    if len(each) != num_envs:
        raise ConfigError(
            f"{len(each)} reset options for {num_envs} sub-environments", f"give a dictionary for all, or a list of {num_envs}"
        )
    for index, own in enumerate(each):
        if own is not None and not isinstance(own, Mapping):
            raise ConfigError(f"sub-environment {index}: reset options {own!r}", "give a dictionary, or None")
    return mask, [{**common, **(own or {})} for own in each]


def seeds_of(seed: Any, num_envs: int) -> list[int | None]:
    """``seed`` + i for sub-environment i, as gymnasium's vector environments count; or one each; None: none.

    Raises:
        ConfigError: another number of them, or one that is no whole number from 0 up.
    """
    if seed is None:
        return [None] * num_envs
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        seeds = [int(seed) + index for index in range(num_envs)]
    elif isinstance(seed, Sequence | np.ndarray) and not isinstance(seed, str):
        seeds = list(seed)
    else:
        raise ConfigError(f"seed={seed!r}", f"give a whole number, or a list of {num_envs}")
    if len(seeds) != num_envs:
        raise ConfigError(f"{len(seeds)} seeds for {num_envs} sub-environments", f"give one number, or a list of {num_envs}")
    for index, own in enumerate(seeds):
        if own is not None and (isinstance(own, bool) or not isinstance(own, int | np.integer) or own < 0):
            raise ConfigError(f"sub-environment {index}: seed {own!r}", "give a whole number from 0 up, or None")
    return [None if own is None else int(own) for own in seeds]


def mask_of(given: Any, num_envs: int, name: str) -> NDArray[np.bool_]:
    """(n,) bool, or a ConfigError that names it."""
    mask = np.asarray(given)
    if mask.shape != (num_envs,) or mask.dtype != np.bool_:
        raise ConfigError(f"{name} of shape {mask.shape} and type {mask.dtype}", f"give {num_envs} truth values")
    return mask
