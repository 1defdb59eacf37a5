"""The numbered files of a LeRobotDataset v3: ``chunk-000/file-000`` and on, many episodes a file, a new one before a limit of size is passed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

NUMBERED = "chunk-{chunk_index:03d}/file-{file_index:03d}"
CODEC, PIXELS = "h264", "yuv444p"  # colours at full resolution: instructions name the colours of things a dozen pixels wide
SETTINGS = {
    "crf": "14",
    "g": "2",
    "tune": "zerolatency",
    "forced-idr": "1",
}  # every second frame can be sought; no reordering, no lookahead


@dataclass(frozen=True)
class Limits:
    """lerobot's own defaults. ``chunk_files``: files a chunk; sizes in MB (2**20 bytes)."""

    chunk_files: int = 1000
    data_mb: float = 100
    video_mb: float = 200


class _Numbering:
    """Which file comes next. An episode is never split."""

    def __init__(self, limit_mb: float, chunk_files: int) -> None:
        self._limit, self._chunk_files = limit_mb * 2**20, chunk_files
        self.place = {"chunk_index": 0, "file_index": -1}

    def full(self, size: int, items: int) -> bool:
        """Whether one more item of mean size would pass the limit."""
        return items > 0 and size + size / items >= self._limit

    def turn(self) -> None:
        chunk, number = self.place["chunk_index"], self.place["file_index"] + 1
        self.place = {"chunk_index": chunk + number // self._chunk_files, "file_index": number % self._chunk_files}


class ParquetFiles:
    """``pattern``: path under ``root`` with chunk_index and file_index."""

    def __init__(self, root: Path, pattern: str, limits: Limits) -> None:
        self._root, self._pattern = root, pattern
        self._numbering = _Numbering(limits.data_mb, limits.chunk_files)
        self._writer: pq.ParquetWriter | None = None
        self._sink: pa.OSFile | None = None
        self._items = 0

    def turn_if_full(self) -> dict[str, int]:
        """{chunk_index, file_index} of the file that the next :meth:`write` goes to."""
        if self._sink is None or self._numbering.full(self._sink.tell(), self._items):
            self.close()
            self._numbering.turn()
            self._items = 0
        return dict(self._numbering.place)

    def write(self, table: pa.Table) -> None:
        """One row group. Call :meth:`turn_if_full` first."""
        if self._writer is None:
            path = self._root / self._pattern.format(**self._numbering.place)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._sink = pa.OSFile(str(path), "wb")
            self._writer = pq.ParquetWriter(self._sink, table.schema, compression="snappy")
        self._writer.write_table(table)
        self._items += 1

    def close(self) -> None:
        if self._writer is not None and self._sink is not None:
            self._writer.close()
            self._sink.close()
            self._writer = self._sink = None


class VideoFiles:
    """One camera's frames, episode after episode in one stream of ``fps`` frames a second; every episode begins with a key frame."""

    def __init__(self, root: Path, pattern: str, key: str, fps: int, limits: Limits) -> None:
        self._root, self._pattern, self._key, self._fps = root, pattern, key, fps
        self._numbering = _Numbering(limits.video_mb, limits.chunk_files)
        self._file: Any = None
        self._stream: Any = None
        self._bytes = self._shown = self._items = 0

    def write(self, frames: NDArray[np.uint8]) -> dict[str, int | float]:
        """``frames``: (n, height, width, 3) RGB. Returns where they lie: chunk_index, file_index, from_timestamp and to_timestamp (s)."""
        import av
        from av.video.frame import PictureType

        if self._file is None or self._numbering.full(self._bytes, self._items):
            self.close()
            self._numbering.turn()
            self._open(frames.shape[1], frames.shape[2])
        begin = self._shown
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24").reformat(format=PIXELS)
            picture.pts, picture.time_base = self._shown, Fraction(1, self._fps)
            picture.pict_type = PictureType.I if number == 0 else PictureType.NONE
            self._mux(picture)
            self._shown += 1
        self._items += 1
        return {**self._numbering.place, "from_timestamp": begin / self._fps, "to_timestamp": self._shown / self._fps}

    def _open(self, height: int, width: int) -> None:
        import av

        path = self._root / self._pattern.format(video_key=self._key, **self._numbering.place)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = av.open(str(path), "w", options={"movflags": "+faststart"})
        self._stream = self._file.add_stream("libx264", rate=self._fps, options=dict(SETTINGS))
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, PIXELS
        self._stream.codec_context.thread_count = 1  # with one thread the bytes do not depend on the machine's cores
        self._bytes = self._shown = self._items = 0

    def _mux(self, picture: Any) -> None:
        for packet in self._stream.encode(picture):
            self._bytes += packet.size
            self._file.mux(packet)

    def close(self) -> None:
        if self._file is not None:
            self._mux(None)
            self._file.close()
            self._file = None
