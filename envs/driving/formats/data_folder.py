"""A folder of NAVSIM data: logs, maps, synthetic scenes and the index of the scenes it is about.

Layout: ``navsim_logs/<split>/*.pkl``, ``maps/``, ``<any>/synthetic_scene_pickles/*.pkl``, ``sensor_blobs/<split>/`` and, if there is one, ``index.json``; without an index a scene filter says which windows are scenes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

from envs.driving.errors import DataError, DuplicateTokenError, FormatError, LogGapError, UnknownTokenError
from envs.driving.formats.data_index import DataIndex, Mapping2, read_index, read_mapping_file, refuse_duplicates
from envs.driving.formats.navsim_log import LogFile
from envs.driving.formats.scene_filter import SceneFilter
from envs.driving.formats.synthetic_scene import read_synthetic_scene
from envs.driving.map import DrivingMap, load_map
from envs.driving.scene import FRAME_PERIOD_S, Log, Scene
from harness.disk_cache import cached_file, content_key
from harness.errors import GauntletError, did_you_mean

GAP_TOLERANCE_S = 0.25
"""Frames of a scene may be this far from half a second apart."""
WORTH_INDEXING = 4_000_000
"""Bytes of a log from which on its tokens are kept on disk."""
INDEX_VERSION = "1"


@dataclass(frozen=True)
class Place:
    """Where an original scene is: a log file and the number of its current frame."""

    log: Path
    frame: int


class NavsimData:
    """One folder of data. Raises DataError when its logs or maps are not there; single bad files are kept in ``broken``.

    ``mapping``: NAVSIM's YAML of a two-stage split, instead of the index's; ``split``: the folder under ``navsim_logs``, needed when there are several and the index names none; ``maps``: another folder of maps (else ``maps`` in the folder, else $NUPLAN_MAPS_ROOT); ``scene_filter``: which windows are scenes, instead of the index's tokens;
    ``num_future``: how many future frames a scene takes along where the log has them; ``settings``: what another process needs to open the same data.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        split: str | None = None,
        maps: str | Path | None = None,
        scene_filter: SceneFilter | None = None,
        num_future: int = 10,
        allow_gaps: bool = False,
        mapping: str | Path | None = None,
    ) -> None:
        self.settings = {
            "folder": folder, "split": split, "maps": maps, "scene_filter": scene_filter, "num_future": num_future, "allow_gaps": allow_gaps, "mapping": mapping,
        }  # fmt: skip
        self.folder = Path(folder).expanduser()
        if not self.folder.is_dir():
            raise DataError(f"{folder} is no folder", "name the folder that holds navsim_logs and maps")
        file = self.folder / "index.json"
        self.index: DataIndex | None = read_index(file) if file.is_file() else None
        self.scene_filter = scene_filter or SceneFilter(frame_interval=1)
        self._chosen_by_filter = scene_filter is not None or mapping is not None
        self.num_future = num_future
        self.allow_gaps = allow_gaps
        self.maps_root = _maps_root(self.folder, maps)
        self.mapping: tuple[Mapping2, ...] = read_mapping_file(Path(mapping)) if mapping else self.index.mapping if self.index else ()
        self._mapped = mapping is not None
        self.split = split or (self.index.split if self.index else None)
        self.broken: dict[Path, GauntletError] = {}

    @cached_property
    def log_files(self) -> tuple[Path, ...]:
        """The logs of the split, by name. Raises DataError."""
        root = self.folder / "navsim_logs"
        splits = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
        if not splits:
            raise DataError(f"{root} holds no split", "put logs into navsim_logs/<split>/*.pkl")
        if self.split is None and len(splits) > 1:
            raise DataError(f"{root} holds the splits {', '.join(splits)}", "name one with --split")
        chosen = self.split or splits[0]
        if chosen not in splits:
            raise DataError(f"{root} has no split {chosen!r}", did_you_mean(chosen, splits))
        files = sorted((root / chosen).glob("*.pkl"))
        if self.scene_filter.log_names is not None:
            files = [file for file in files if file.stem in self.scene_filter.log_names]
        return tuple(files)

    @cached_property
    def missing_logs(self) -> tuple[str, ...]:
        """Names of the filter's logs that are not there."""
        return tuple(sorted((self.scene_filter.log_names or frozenset()) - {file.stem for file in self.log_files}))

    @cached_property
    def synthetic_files(self) -> dict[str, Path]:
        """{token: file} of the synthetic scenes."""
        files = sorted(self.folder.glob("*/synthetic_scene_pickles/*.pkl")) + sorted(self.folder.glob("synthetic_scene_pickles/*.pkl"))
        refuse_duplicates((file.stem for file in files), f"{self.folder} (synthetic scenes)")
        return {file.stem: file for file in files}

    @cached_property
    def places(self) -> dict[str, Place]:
        """{token: place} of every window that the filter's frame counts, interval and route allow, in the logs' order. Raises DuplicateTokenError."""
        found: dict[str, Place] = {}
        for file in self.log_files:
            try:
                frames = _frames_of(file)
            except GauntletError as error:
                self.broken[file] = error
                continue
            for frame in self._windows(frames):
                token = frames[frame][0]
                if not token:
                    continue
                if token in found:
                    raise DuplicateTokenError(
                        f"{file.name} and {found[token].log.name} both have a scene {token}", "remove one of the two logs"
                    )
                found[token] = Place(file, frame)
        return found

    def _windows(self, frames: list[tuple[str, bool]]) -> Iterator[int]:
        """Numbers of the current frames."""
        chosen = self.scene_filter
        if self.index is not None and not self._chosen_by_filter:  # the index chose; the scorer says when a future is too short
            yield from range(chosen.num_history - 1, len(frames))
            return
        for start in chosen.windows(len(frames)):
            current = start + chosen.num_history - 1
            if frames[current][1] or not chosen.has_route:
                yield current

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The original scenes that are asked for, present or not."""
        if self._mapped and self.scene_filter.tokens is None:
            return tuple(dict.fromkeys(token for now, before, _ in self.mapping for token in (now, before)))
        if self._chosen_by_filter or self.index is None:
            wanted = tuple(self.places) if self.scene_filter.tokens is None else self.scene_filter.tokens
            refuse_duplicates(wanted, "the scene filter")
            return wanted[: self.scene_filter.max_scenes]
        return self.index.tokens

    @cached_property
    def synthetic_tokens(self) -> tuple[str, ...]:
        """The synthetic scenes that are asked for, present or not."""
        if self.scene_filter.synthetic_tokens is not None:
            return self.scene_filter.synthetic_tokens
        if self._mapped:
            return tuple(dict.fromkeys(token for *_, pairs in self.mapping for pair in pairs for token in pair))
        if self.index is not None and not self._chosen_by_filter:
            return self.index.synthetic
        return tuple(self.synthetic_files) if self.scene_filter.include_synthetic else ()

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The scenes that are asked for and not there."""
        return tuple(token for token in self.tokens if token not in self.places) + tuple(
            token for token in self.synthetic_tokens if token not in self.synthetic_files
        )

    def coverage(self) -> str:
        """E.g. "5,044 of 12,146 scenes present", with what keeps the others away."""
        wanted = len(self.tokens) + len(self.synthetic_tokens)
        said = f"{wanted - len(self.missing):,} of {wanted:,} scenes present"
        if self.broken:
            said += f"; {len(self.broken)} of {len(self.log_files)} logs cannot be read"
        if self.missing_logs:
            said += f"; {len(self.missing_logs)} logs of the filter are not there"
        return said

    def scene(self, token: str) -> Scene:
        """One scene, original or synthetic. Raises UnknownTokenError, LogGapError and whatever reading raises."""
        if token in self.synthetic_files:
            return read_synthetic_scene(self.synthetic_files[token])
        if token not in self.places:
            raise UnknownTokenError(f"{self.folder} has no scene {token}", did_you_mean(token, (*self.places, *self.synthetic_files)))
        place = self.places[token]
        return scene_of(_log(place.log), place.frame, self.scene_filter.num_history, self.num_future, allow_gaps=self.allow_gaps)

    def map(self, name: str) -> DrivingMap:
        return load_map(self.maps_root, name)

    def sensor_file(self, scene: Scene, path: str) -> Path:
        """The file of a camera's or LiDAR's path. Raises DataError when it is not there."""
        roots = sorted(self.folder.glob("*/sensor_blobs")) if scene.is_synthetic else []
        roots += [self.folder / "sensor_blobs" / (self.split or ""), self.folder / "sensor_blobs"]
        if self.log_files:
            roots.append(self.folder / "sensor_blobs" / self.log_files[0].parent.name)
        for root in roots:
            if (root / path).is_file():
                return root / path
        raise DataError(f"{self.folder} has no sensor file {path}", "fetch the split's sensor blobs")


def _maps_root(folder: Path, maps: str | Path | None) -> Path:
    if maps:
        return Path(maps).expanduser()
    named = os.environ.get("NUPLAN_MAPS_ROOT")
    return folder / "maps" if (folder / "maps").is_dir() or not named else Path(named).expanduser()


def scene_of(log: Log | LogFile, current: int, num_history: int = 4, num_future: int = 10, *, allow_gaps: bool = False) -> Scene:
    """The window of ``log`` around frame ``current``, with as much of the future as there is. Raises FormatError, LogGapError."""
    if not num_history - 1 <= current < len(log):
        raise FormatError(f"log {log.name} has no {num_history} frames of history before frame {current}", "choose a later frame")
    rows = range(current - num_history + 1, min(current + num_future + 1, len(log)))
    for before, after in pairwise(rows):
        step = (log.frame(after).timestamp_us - log.frame(before).timestamp_us) * 1e-6
        if abs(step - FRAME_PERIOD_S) > GAP_TOLERANCE_S and not allow_gaps:
            raise LogGapError(
                f"scene {log.frame(current).token}: frames {before} and {after} of log {log.name} are {step:.3f} s apart, not {FRAME_PERIOD_S}",
                "leave the scene out, or pass --allow-gaps to score across the gap as NAVSIM does",
            )
    return Scene(
        token=log.frame(current).token,
        log_name=log.name,
        map_name=log.map_name,
        scene_token=log.scene_token(current),
        frames=tuple(log.frame(row) for row in rows),
        num_history=num_history,
    )


@lru_cache(maxsize=4)
def _read_log(path: Path, modified: int) -> LogFile:
    return LogFile(path)


def _log(path: Path) -> LogFile:
    return _read_log(path, path.stat().st_mtime_ns)


def _frames_of(path: Path) -> list[tuple[str, bool]]:
    """(token, has a route) of each frame of a log; kept on disk for logs that take long to read."""

    def listed() -> list[tuple[str, bool]]:
        log = _log(path)
        return [(log.token(i), log.has_route(i)) for i in range(len(log))]

    about = path.stat()
    if about.st_size < WORTH_INDEXING:
        return listed()
    key = content_key(INDEX_VERSION, str(path.resolve()), str(about.st_mtime_ns), str(about.st_size))
    file = cached_file("navsim-logs", f"{path.stem}-{key}.json", lambda: json.dumps(listed()).encode())
    return [(str(token), bool(route)) for token, route in json.loads(file.read_text())]
