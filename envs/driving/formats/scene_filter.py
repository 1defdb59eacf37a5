"""Which windows of a log are scenes: NAVSIM's SceneFilter (navsim/common/dataclasses.py, dataloader.py), and the published splits by name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envs.driving.errors import DataError
from harness.config_file import read_yaml
from harness.errors import did_you_mean

IGNORED = ("_target_", "_convert_", "defaults", "all_mapping")
LISTS_OF_SYNTHETIC = ("synthetic_scene_tokens", "reactive_synthetic_initial_tokens", "non_reactive_synthetic_initial_tokens")
_PUBLISHED_FILE = Path(__file__).parent / "published_splits.json"


@dataclass(frozen=True)
class SceneFilter:
    """``frame_interval`` None: windows do not overlap. ``tokens``, ``log_names`` and ``synthetic_tokens`` None: all."""

    num_history: int = 4
    num_future: int = 10
    frame_interval: int | None = None
    has_route: bool = True
    max_scenes: int | None = None
    log_names: frozenset[str] | None = None
    tokens: tuple[str, ...] | None = None
    include_synthetic: bool = False
    synthetic_tokens: tuple[str, ...] | None = None

    @property
    def num_frames(self) -> int:
        return self.num_history + self.num_future

    def windows(self, n_frames: int) -> Iterator[int]:
        """First frames of the whole windows in a log of ``n_frames``. Neither timestamps nor scene tokens are looked at, as in NAVSIM."""
        return iter(range(0, n_frames - self.num_frames + 1, self.frame_interval or self.num_frames))

    @classmethod
    def from_yaml(cls, path: Path) -> SceneFilter:
        """A scene filter in NAVSIM's own YAML (navsim/planning/script/config/common/train_test_split/scene_filter/). Raises DataError."""
        content = read_yaml(Path(path), cure="name a scene filter of NAVSIM's", error=DataError)
        if not isinstance(content, dict):
            raise DataError(f"{path} is no scene filter", "it is a YAML of keys such as tokens and log_names")
        return cls._from(content, str(path))

    @classmethod
    def _from(cls, content: Mapping[str, Any], where: str) -> SceneFilter:
        known = {
            "num_history_frames": "num_history", "num_future_frames": "num_future", "frame_interval": "frame_interval", "has_route": "has_route",
            "max_scenes": "max_scenes", "log_names": "log_names", "tokens": "tokens", "include_synthetic_scenes": "include_synthetic",
        }  # fmt: skip
        chosen: dict[str, Any] = {}
        for key, value in content.items():
            if key in IGNORED:
                continue
            if key in LISTS_OF_SYNTHETIC:
                if value:
                    chosen["synthetic_tokens"] = (*chosen.get("synthetic_tokens", ()), *map(str, value))
                continue
            if key not in known:
                raise DataError(f"{where} has the unknown key {key!r}", did_you_mean(key, known))
            if key == "tokens" and value is not None:
                value = tuple(str(token) for token in value)
            if known[key] == "log_names" and value is not None:
                value = frozenset(str(name) for name in value)
            chosen[known[key]] = value
        return cls(**chosen)


@dataclass(frozen=True)
class PublishedSplit:
    """A split that NAVSIM publishes. ``scenes``: how many it has, None where that is not known to us; ``listed``: it is a list of tokens, which comes with NAVSIM's own YAML."""

    name: str
    data_split: str
    scene_filter: SceneFilter
    scenes: int | None
    synthetic: bool
    listed: bool
    source: str


def published_splits() -> Mapping[str, PublishedSplit]:
    """{name: split}."""
    content = json.loads(_PUBLISHED_FILE.read_text())
    return {
        name: PublishedSplit(
            name,
            about["data_split"],
            SceneFilter._from(about["filter"], f"{_PUBLISHED_FILE}: {name}"),
            about.get("scenes"),
            bool(about.get("synthetic", False)),
            bool(about["listed"]),
            about["source"],
        )
        for name, about in content["splits"].items()
    }


def filter_named(name: str, folder: Path) -> tuple[SceneFilter, str]:
    """(scene filter, split of the logs) of a published split; the tokens of a listed one are read from its YAML in ``folder`` or below ``$NAVSIM_DEVKIT_ROOT``. Raises DataError when that is nowhere."""
    split = published_split(name)
    if not split.listed:
        return split.scene_filter, split.data_split
    places = [folder / f"{name}.yaml"]
    if "NAVSIM_DEVKIT_ROOT" in os.environ:
        places.append(
            Path(os.environ["NAVSIM_DEVKIT_ROOT"]) / "navsim/planning/script/config/common/train_test_split/scene_filter" / f"{name}.yaml"
        )
    for place in places:
        if place.is_file():
            return SceneFilter.from_yaml(place), split.data_split
    count = f"{split.scenes:,} " if split.scenes else ""
    raise DataError(
        f"{name} is a list of {count}scenes, and {places[0]} is not there",
        f"put NAVSIM's scene_filter/{name}.yaml there, pass its path as --filter, or set NAVSIM_DEVKIT_ROOT",
    )


def published_split(name: str) -> PublishedSplit:
    """Raises DataError for an unknown name."""
    known = published_splits()
    if name not in known:
        raise DataError(f"NAVSIM publishes no split {name!r}", did_you_mean(name, known))
    return known[name]
