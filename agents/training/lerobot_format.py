"""Writes a folder of Hugging Face's LeRobotDataset v3.0, without lerobot.

The format is that of ``lerobot`` 0.4.4 (``lerobot/datasets``: ``LeRobotDataset``, ``LeRobotDatasetMetadata``, ``compute_stats``)::

    meta/info.json, stats.json, tasks.parquet, subtasks.parquet      features, sizes, statistics; texts in order of first use
    meta/episodes/chunk-000/file-000.parquet                         one row an episode: where it lies, its length, texts, statistics
    data/chunk-000/file-000.parquet                                  one row a step, one row group an episode
    videos/<key>/chunk-000/file-000.mp4                              the frames of many episodes, one after the other
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from agents.training.lerobot_files import CODEC, NUMBERED, PIXELS, Limits, ParquetFiles, VideoFiles
from agents.training.lerobot_stats import number_statistics, pixel_histogram, pixel_statistics

VERSION = "v3.0"
DATA_PATH = f"data/{NUMBERED}.parquet"
VIDEO_PATH = "videos/{video_key}/" + NUMBERED + ".mp4"
EPISODES_PATH = f"meta/episodes/{NUMBERED}.parquet"
EPISODES_AT_ONCE = 50  # rows of meta/episodes that are written together


@dataclass(frozen=True)
class Feature:
    """``shape`` (d,), (1,) for a single number; ``names`` of the d values."""

    dtype: str
    shape: tuple[int, ...]
    names: tuple[str, ...] | None = None

    @property
    def arrow(self) -> pa.DataType:
        element = pa.type_for_alias({"float32": "float"}.get(self.dtype, self.dtype))
        return element if self.shape == (1,) else pa.list_(element, self.shape[0])

    def column(self, values: NDArray[Any]) -> pa.Array:
        """(n,) or (n, d) as an Arrow column."""
        flat = pa.array(np.ascontiguousarray(values, self.dtype).ravel())
        return flat if self.shape == (1,) else pa.FixedSizeListArray.from_arrays(flat, self.shape[0])


DEFAULT_FEATURES = {
    "timestamp": Feature("float32", (1,)),
    "frame_index": Feature("int64", (1,)),
    "episode_index": Feature("int64", (1,)),
    "index": Feature("int64", (1,)),
    "task_index": Feature("int64", (1,)),
    "subtask_index": Feature("int64", (1,)),
}


class _Texts:
    """Texts by number, in order of first use."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    def write(self, path: Path) -> None:
        """A table with the text as pandas index, as lerobot reads it."""
        import pandas as pd

        index = pd.Index(list(self.numbers), name=self.name, dtype=object)
        pq.write_table(pa.Table.from_pandas(pd.DataFrame({f"{self.name}_index": list(self.numbers.values())}, index=index)), path)


class DatasetWriter:
    """``features``: of each step, beside :data:`DEFAULT_FEATURES`. ``cameras``: {video feature: (height, width)}. Call :meth:`close` at the end: before that the folder is no dataset."""

    def __init__(
        self,
        root: Path,
        fps: int,
        features: Mapping[str, Feature],
        cameras: Mapping[str, tuple[int, int]],
        robot_type: str | None,
        limits: Limits | None = None,
    ) -> None:
        self._root, self._fps, self._robot_type = root, fps, robot_type
        self._limits = limits or Limits()
        self._cameras = dict(cameras)
        self._features = {**features, **DEFAULT_FEATURES}
        self._data = ParquetFiles(root, DATA_PATH, self._limits)
        self._meta = ParquetFiles(root, EPISODES_PATH, self._limits)
        self._videos = {key: VideoFiles(root, VIDEO_PATH, key, fps, self._limits) for key in cameras}
        self._tasks, self._subtasks = _Texts("task"), _Texts("subtask")
        self._rows: list[dict[str, Any]] = []
        self._values: dict[str, list[NDArray[Any]]] = {name: [] for name in self._features}
        self._histograms = {key: np.zeros((3, 256), np.int64) for key in cameras}
        self.episodes = self.frames = 0

    def add(
        self,
        columns: Mapping[str, NDArray[Any]],
        frames: Mapping[str, NDArray[np.uint8]],
        task: str,
        subtasks: Sequence[str],
        facts: Mapping[str, int | str],
    ) -> None:
        """One episode of n steps.

        Args:
            columns: {feature: (n,) or (n, d)}. frames: {camera: (n, height, width, 3) RGB}, what was seen before each step's action.
            task: the instruction. subtasks: n texts. facts: more columns of the episode's row; the same names in every episode.
        """
        count = len(subtasks)
        values = {
            **columns,
            "timestamp": (np.arange(count) / self._fps).astype(np.float32),
            "frame_index": np.arange(count),
            "episode_index": np.full(count, self.episodes),
            "index": self.frames + np.arange(count),
            "task_index": np.full(count, self._tasks.number(task)),
            "subtask_index": np.array([self._subtasks.number(text) for text in subtasks]),
        }
        place = self._data.turn_if_full()
        arrays = [feature.column(values[name]) for name, feature in self._features.items()]
        schema = pa.schema([(name, feature.arrow) for name, feature in self._features.items()])
        self._data.write(pa.Table.from_arrays(arrays, schema=schema))
        row: dict[str, Any] = {"episode_index": self.episodes, "tasks": [task], "length": count, **facts}
        row |= {f"data/{name}": number for name, number in place.items()}
        row |= {"dataset_from_index": self.frames, "dataset_to_index": self.frames + count}
        for key, video in self._videos.items():
            row |= {f"videos/{key}/{name}": value for name, value in video.write(frames[key]).items()}
            histogram = pixel_histogram(frames[key])
            self._histograms[key] += histogram
            row |= {f"stats/{key}/{name}": value for name, value in pixel_statistics(histogram, count).items()}
        for name in self._features:
            self._values[name].append(values[name])
            row |= {f"stats/{name}/{statistic}": value for statistic, value in number_statistics(values[name]).items()}
        self._rows.append(row)
        self.episodes += 1
        self.frames += count
        if len(self._rows) == EPISODES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        place = self._meta.turn_if_full()
        rows = [{**row, **{f"meta/episodes/{name}": number for name, number in place.items()}} for row in self._rows]
        self._meta.write(pa.Table.from_pylist(rows))
        self._rows = []

    def close(self) -> None:
        self._flush()
        for files in (self._data, self._meta, *self._videos.values()):
            files.close()
        (self._root / "meta").mkdir(parents=True, exist_ok=True)
        self._tasks.write(self._root / "meta" / "tasks.parquet")
        self._subtasks.write(self._root / "meta" / "subtasks.parquet")
        statistics = {key: pixel_statistics(histogram, self.frames) for key, histogram in self._histograms.items()}
        statistics |= {name: number_statistics(np.concatenate(values)) for name, values in self._values.items()}
        self._write_json("meta/stats.json", statistics)
        self._write_json("meta/info.json", self._info())

    def _write_json(self, name: str, content: Mapping[str, Any]) -> None:
        (self._root / name).write_text(json.dumps(content, indent=4) + "\n")

    def _info(self) -> dict[str, Any]:
        videos = {
            key: {
                "dtype": "video",
                "shape": [height, width, 3],
                "names": ["height", "width", "channels"],
                "info": {
                    "video.height": height,
                    "video.width": width,
                    "video.codec": CODEC,
                    "video.pix_fmt": PIXELS,
                    "video.is_depth_map": False,
                    "video.fps": self._fps,
                    "video.channels": 3,
                    "has_audio": False,
                },
            }
            for key, (height, width) in self._cameras.items()
        }
        numbers = {
            name: {"dtype": feature.dtype, "shape": list(feature.shape), "names": None if feature.names is None else list(feature.names)}
            for name, feature in self._features.items()
        }
        return {
            "codebase_version": VERSION,
            "robot_type": self._robot_type,
            "total_episodes": self.episodes,
            "total_frames": self.frames,
            "total_tasks": len(self._tasks.numbers),
            "chunks_size": self._limits.chunk_files,
            "data_files_size_in_mb": self._limits.data_mb,
            "video_files_size_in_mb": self._limits.video_mb,
            "fps": self._fps,
            "splits": {"train": f"0:{self.episodes}"},
            "data_path": DATA_PATH,
            "video_path": VIDEO_PATH,
            "features": {**videos, **numbers},
        }
