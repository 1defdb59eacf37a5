"""An H.264 file written beside the simulation: frames are composed and encoded on their own thread and in ffmpeg's own process."""

from __future__ import annotations

import queue
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
    :class:`harness.errors.StoreError`.

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
        if self._error is not None:
            raise StoreError(f"{self.path.name}: the video could not be encoded: {_last_line(self._error)}", "is the disk full?")

    def abandon(self) -> None:
        """Stop without caring for errors; the file is of no use."""
        self._frames.put(None)
        self._thread.join()

    def _encode(self) -> None:
        import imageio_ffmpeg

        writer: Any = None
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
            writer.close()
        except BaseException as error:
            self._error = error
            while self._frames.get() is not None:  # let the simulation go on; close() tells
                pass


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
