"""Where scenes come from: the procedural generator, which needs no files, or a folder of NAVSIM data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from envs.driving.environment.case import CaseSource, DrivingCase, TwoStageGroup
from envs.driving.formats import NavsimData, filter_named, published_splits
from harness.errors import AssetsError, ConfigError, did_you_mean

DATA_VARIABLE: Final = "GAUNTLET_NAVSIM_DATA"
GENERATOR: Final = "scenarios.driving.cases"
"""The module that makes cases: found by name, since environments import no scenarios."""
SOURCES: Final = ("synth", "navsim")


def make_source(source: str = "synth", split: str | None = None, data: str | None = None, partial: bool = False) -> CaseSource:
    """The source of that name; ``partial``: go on with a folder that has not all of its scenes. Raises ConfigError for an unknown one."""
    if source not in SOURCES:
        raise ConfigError(f"driving: unknown source {source!r}", did_you_mean(source, SOURCES))
    if source == "synth":
        return SynthSource(split or "test")
    return NavsimSource(data_folder(data), split, partial)


def data_folder(data: str | None = None) -> Path:
    """The configured folder of NAVSIM data: ``data``, else $GAUNTLET_NAVSIM_DATA. Raises AssetsError where none is configured."""
    chosen = data or os.environ.get(DATA_VARIABLE)
    if not chosen:
        raise AssetsError(
            "no folder of NAVSIM data is configured",
            f"set {DATA_VARIABLE} to the folder that holds navsim_logs and maps, or give kwargs.data",
        )
    return Path(chosen).expanduser()


class SynthSource:
    """Generated scenes: ``options.index`` (default: the seed) chooses one of ``split``, ``options.scenes_seed`` the whole series."""

    option_names = frozenset({"index", "scenes_seed"})

    def __init__(self, split: str) -> None:
        self.split = split
        self._generator: Any = import_module(GENERATOR)
        self._generator.check_split(split)

    def case(self, seed: int, options: Mapping[str, Any]) -> DrivingCase:
        return self._generator.synth_case(self.split, _whole(options, "scenes_seed", 0), _whole(options, "index", seed))

    def group(self, seed: int, options: Mapping[str, Any]) -> TwoStageGroup:
        return self._generator.synth_group(self.split, _whole(options, "scenes_seed", 0), _whole(options, "index", seed))


class NavsimSource:
    """Scenes of a data folder: ``options.token`` names one, ``options.index`` (default: the seed) counts through those that are there. ``split``: a published split's name (navtest, navhard...), or a folder under navsim_logs."""

    option_names = frozenset({"index", "token"})

    def __init__(self, folder: Path, split: str | None = None, partial: bool = False) -> None:
        self.folder, self.split, self.partial = folder, split, partial

    def case(self, seed: int, options: Mapping[str, Any]) -> DrivingCase:
        data = _opened(self.folder, self.split, self.partial)
        token = options.get("token")
        if token is None:
            token = _counted(_present(data), _whole(options, "index", seed), self.folder)
        return self._case(data, str(token))

    def group(self, seed: int, options: Mapping[str, Any]) -> TwoStageGroup:
        data = _opened(self.folder, self.split, self.partial)
        if not data.mapping:
            raise AssetsError(
                f"{self.folder} has no two-stage mapping", "give a folder whose index.json has one (gauntlet scenes make writes it)"
            )
        token = options.get("token")
        mappings = {str(entry[0]): entry for entry in data.mapping}
        if token is None:
            token = _counted(tuple(mappings), _whole(options, "index", seed), self.folder)
        if token not in mappings:
            raise ConfigError(f"no two-stage mapping begins with {token!r}", did_you_mean(str(token), mappings))
        now, previous, pairs = mappings[str(token)]
        one = self._case
        return TwoStageGroup(one(data, now), one(data, previous), tuple((one(data, a), one(data, b)) for a, b in pairs))

    def _case(self, data: NavsimData, token: str) -> DrivingCase:
        scene = data.scene(token)
        from envs.driving.environment.log_drive import log_start

        driving_map = data.map(scene.map_name)
        facts = {"token": token, "log": scene.log_name, "map": scene.map_name, "synthetic": scene.is_synthetic}
        seed = int(token[:8], 16) if _is_hex(token[:8]) else 0
        start = None if scene.is_synthetic else log_start(data, scene, seed)
        return DrivingCase(token, scene, driving_map, "day", seed, facts, None, start)


@cache
def _opened(folder: Path, split: str | None, partial: bool) -> NavsimData:
    """The data; a partial download is refused at once, unless it is wanted."""
    if split in published_splits():
        chosen, data_split = filter_named(str(split), folder)
        data = NavsimData(folder, split=data_split, scene_filter=chosen)
    else:
        data = NavsimData(folder, split=split)
    if data.missing and not partial:
        raise AssetsError(
            f"{folder}: {data.coverage()}",
            "fetch the rest, or run what is there: python -m scenarios.driving.data_suite --partial writes its suite",
        )
    return data


@cache
def _present(data: NavsimData) -> tuple[str, ...]:
    missing = set(data.missing)
    return tuple(token for token in data.tokens if token not in missing)


def _counted(tokens: tuple[str, ...], index: int, folder: Path) -> str:
    if not 0 <= index < len(tokens):
        raise ConfigError(f"{folder} has {len(tokens)} scenes, none of number {index}", "count from 0, or name a token")
    return tokens[index]


def _whole(options: Mapping[str, Any], name: str, default: int) -> int:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(f"driving: options.{name}={value!r}", "give a whole number, 0 or more")
    return value


def _is_hex(text: str) -> bool:
    return bool(text) and all(letter in "0123456789abcdef" for letter in text)


__all__ = ["DATA_VARIABLE", "NavsimSource", "SynthSource", "data_folder", "make_source"]
