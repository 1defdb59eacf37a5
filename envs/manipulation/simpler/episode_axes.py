"""The options of a reset of a Google Robot task: what decides the episode, named, or else drawn from the seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Axis:
    """An option ``name`` that takes one of ``values``. Where it is not given it is drawn from ``drawn`` (one value: always that)."""

    name: str
    values: tuple[Any, ...]
    drawn: tuple[Any, ...]


def swept(name: str, values: Iterable[Any]) -> Axis:
    """Drawn from all its values where not given."""
    values = tuple(values)
    return Axis(name, values, values)


def variant(name: str, values: Iterable[Any]) -> Axis:
    """Its first value where not given."""
    values = tuple(values)
    return Axis(name, values, values[:1])


def choose(task: str, axes: Iterable[Axis], seed: int | None, options: Mapping[str, Any], free: tuple[str, ...] = ()) -> dict[str, Any]:
    """A value for every axis. Naming one changes none of the others. ``free``: further options, which the task checks itself."""
    axes = tuple(axes)
    known = {axis.name for axis in axes} | set(free)
    for name in options:
        if name not in known:
            raise ConfigError(f"{task} has no reset option {name!r}", did_you_mean(str(name), known))
    random = np.random.default_rng(seed or 0)
    chosen = {name: options[name] for name in free if name in options}
    for axis in axes:
        drawn = axis.drawn[int(random.integers(len(axis.drawn)))]
        value = options.get(axis.name)
        if value is None:
            value = drawn
        elif type(value) is not type(drawn) or value not in axis.values:
            raise ConfigError(f"{task} has no {axis.name} {value!r}", _cure(axis.name, value, axis.values))
        chosen[axis.name] = value
    return chosen


def _cure(name: str, value: Any, values: tuple[Any, ...]) -> str:
    if isinstance(values[0], str):
        return did_you_mean(str(value), values)
    return f"{name} goes from {values[0]} to {values[-1]}"


def choose_place(task: str, chosen: dict[str, Any], grid: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(x, y) m, world: that of ``chosen["xy"]``, or else of ``chosen["episode_id"]`` in the grid. ``chosen`` is left with the one of the two that counted, and ``xy``."""
    xy = chosen.get("xy", grid[chosen["episode_id"]])
    if not isinstance(xy, list | tuple) or len(xy) != 2 or not all(isinstance(value, int | float) and np.isfinite(value) for value in xy):
        raise ConfigError(f"{task} has no xy {xy!r}", "give [x, y] in metres, or leave it out and give episode_id")
    if "xy" in chosen:
        del chosen["episode_id"]
    chosen["xy"] = [float(xy[0]), float(xy[1])]
    return float(xy[0]), float(xy[1])
