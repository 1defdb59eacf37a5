"""An H.264 file written beside the simulation: frames are composed and encoded on their own thread and in ffmpeg's own process."""

from __future__ import annotations

import queue
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import StoreError

Compose = Callable[[], NDArray[np.uint8]]


class VideoWriter:
    """Writes ``path`` (mp4, yuv420p, index in front: plays in browsers while loading).

    :meth:`add` takes a function that makes the frame, and returns at once; :meth:`close` waits for the last frame. Errors of the encoder (a full disk, say) are raised by ``close`` as
    :class:`harness.errors.StoreError`, those of the function as they are.

    Args:
        size: (width, height) of every frame, even numbers.
        fps: frames a second of the video.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        self.path, self.size, self.fps = path, size, fps
        self._frames: queue.Queue[Compose | None] = queue.Queue(maxsize=256)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._encode, name=f"video {path.name}", daemon=True)
        self._thread.start()

    def add(self, compose: Compose) -> None:
        self._frames.put(compose)

    def close(self) -> None:
        self._frames.put(None)
        self._thread.join()
        if isinstance(self._error, OSError):
            raise StoreError(f"{self.path.name}: the video could not be encoded: {_first_line(self._error)}", "is the disk full?")
        if self._error is not None:  # a frame could not be made: no fault of the disk
            raise self._error

    def abandon(self) -> None:
        """Stop without caring for errors; the file is of no use."""
        self._frames.put(None)
        self._thread.join()

    def _encode(self) -> None:
        import imageio_ffmpeg

        writer: Any = None
        compose: Compose | None = lambda: np.empty(0, np.uint8)  # noqa: E731 (whether frames are still to come)
        try:
            writer = imageio_ffmpeg.write_frames(
                str(self.path),
                self.size,
                fps=self.fps,  # type: ignore[arg-type]  # annotated int, passed on to ffmpeg, which takes fractions
                codec="libx264",
                pix_fmt_out="yuv420p",
                macro_block_size=2,
                ffmpeg_log_level="error",
                output_params=["-preset", "veryfast", "-crf", "21", "-threads", "1", "-movflags", "+faststart"],
            )
            writer.send(None)
            while (compose := self._frames.get()) is not None:
                writer.send(np.ascontiguousarray(compose()))
            compose = None
            writer.close()
            _require_whole(self.path)
        except BaseException as error:
            self._error = error
            while compose is not None:  # let the simulation go on; close() tells
                compose = self._frames.get()


def _require_whole(path: Path) -> None:
    """ffmpeg's exit code is not told: a disk that fills up while the last frames are flushed is seen by the file alone, whose index is missing or whose boxes (size, name, content) end elsewhere than it does."""
    names, end = [], 0
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, name = struct.unpack(">I4s", head)
            names.append(name)
            end += size
            if size < 8:  # 0: as long as the file turns out to be, which is what a box says that was never finished
                break
            file.seek(end)
    if b"moov" not in names or end != path.stat().st_size:
        raise OSError("the file is not whole")


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
