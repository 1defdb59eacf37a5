"""An H.264 file written beside the simulation: frames are composed and encoded on a thread of their own."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.errors import StoreError

Compose = Callable[[], NDArray[np.uint8]]


@contextmanager
def prompt_hand_over() -> Iterator[None]:
    """Inside, a thread that waits for the interpreter gets it after 0.3 ms instead of 5.

    An encoding thread asks for it a dozen times a frame, and a simulator that steps in 2 ms would otherwise be ahead of it for good: the frames left over would cost 40 to 60 ms at the end of every episode. (The work is the same; it is done while the simulator runs.)
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0003)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class VideoWriter:
    """Writes ``path`` (mp4, yuv420p, index in front: plays in browsers while loading).

    :meth:`add` takes a function that makes the frame (shown ``times`` times), and returns at once; :meth:`close` waits for the last frame. Errors of the encoder (a full disk, say) are raised by ``close`` as
    :class:`harness.errors.StoreError`, those of the function as they are.

    Args:
        size: (width, height) of every frame, even numbers.
        fps: frames a second of the video.
        comment: kept in the file's metadata (:mod:`harness.recording.film_notes`).
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float, comment: str = "") -> None:
        self.path, self.size, self.fps, self.comment = path, size, fps, comment
        self._frames: queue.Queue[tuple[Compose, int] | None] = queue.Queue(maxsize=256)
        self._error: BaseException | None = None
        self._finished = False
        self._thread = threading.Thread(target=self._encode, name=f"video {path.name}", daemon=True)
        self._thread.start()

    def add(self, compose: Compose, times: int = 1) -> None:
        self._frames.put((compose, times))

    def finish(self) -> None:
        """That was the last frame; does not wait."""
        if not self._finished:
            self._finished = True
            self._frames.put(None)

    def close(self) -> None:
        self.finish()
        self._thread.join()
        if isinstance(self._error, OSError):
            raise StoreError(f"{self.path.name}: the video could not be encoded: {_first_line(self._error)}", "is the disk full?")
        if self._error is not None:  # a frame could not be made: no fault of the disk
            raise self._error

    def abandon(self) -> None:
        """Stop without caring for errors; the file is of no use."""
        self.finish()
        self._thread.join()

    def _encode(self) -> None:
        frames = iter(self._frames.get, None)
        try:
            self._write(frames)
        except BaseException as error:
            self._error = error
        for _ in frames:  # whatever went wrong, the simulation goes on; close() tells
            pass

    def _write(self, frames: Iterator[tuple[Compose, int]]) -> None:
        # In this process, without the GIL for the most part: an ffmpeg process of its own takes 20 to 40 ms to end, and the next episode waits for that.
        # zerolatency: without lookahead nothing is left to encode when the last frame is in; half as much again in bytes is a fair price.
        encode(self.path, self.size, self.fps, frames, {"preset": "veryfast", "crf": "21", "tune": "zerolatency"}, self.comment)


def encode(
    path: Path,
    size: tuple[int, int],
    fps: float,
    frames: Iterable[tuple[Compose, int]],
    settings: Mapping[str, str],
    comment: str = "",
) -> int:
    """Write H.264 (yuv420p, index in front) from functions that make (height, width, 3) uint8 RGB frames, each shown so many times; ``size`` is (width, height), even. Returns the number of frames."""
    import av

    rate = Fraction(fps).limit_denominator(1000)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as file:
        if comment:
            file.metadata["comment"] = comment
        stream = file.add_stream("libx264", rate=rate, options=dict(settings))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        shown = 0
        for compose, times in frames:
            planes = np.asarray(cv2.cvtColor(compose(), cv2.COLOR_RGB2YUV_I420), np.uint8)
            for _ in range(times):
                picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                picture.pts, picture.time_base, shown = shown, 1 / rate, shown + 1
                file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
    return shown


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
