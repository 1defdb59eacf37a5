"""An H.264 file written beside the simulation: frames are composed and encoded on their own thread and in ffmpeg's own process."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.errors import StoreError

Compose = Callable[[], NDArray[np.uint8]]


class VideoWriter:
    """Writes ``path`` (mp4, yuv420p, index in front: plays in browsers while loading).

    :meth:`add` takes a function that makes the frame (shown ``times`` times), and returns at once; :meth:`close` waits for the last frame. Errors of the encoder (a full disk, say) are raised by ``close`` as
    :class:`harness.errors.StoreError`, those of the function as they are.

    Args:
        size: (width, height) of every frame, even numbers.
        fps: frames a second of the video.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        self.path, self.size, self.fps = path, size, fps
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
            self._run_ffmpeg(frames)
        except BaseException as error:
            self._error = error
        for _ in frames:  # whatever went wrong, the simulation goes on; close() tells
            pass

    def _run_ffmpeg(self, frames: Iterator[tuple[Compose, int]]) -> None:
        # In a process group of its own: Ctrl-C is not for it. (With a preexec_fn instead, Python would fork the simulator and hold the GIL meanwhile.)
        ffmpeg = subprocess.Popen(self._command(), stdin=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0)
        assert ffmpeg.stdin is not None
        try:
            with contextlib.suppress(BrokenPipeError):  # it gave up: its exit code and last words say why
                for compose, times in frames:
                    frame = cv2.cvtColor(compose(), cv2.COLOR_RGB2YUV_I420)  # what H.264 wants, and half as much to send
                    for _ in range(times):
                        ffmpeg.stdin.write(frame)
            said = ffmpeg.communicate()[1].decode(errors="replace")
        except BaseException:
            ffmpeg.kill()
            ffmpeg.communicate()
            raise
        if ffmpeg.returncode:
            raise OSError(said.strip() or f"ffmpeg ended with code {ffmpeg.returncode}")

    def _command(self) -> list[str]:
        from imageio_ffmpeg import get_ffmpeg_exe

        width, height = self.size
        source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", f"{self.fps:g}", "-i", "-"]
        # zerolatency: without lookahead nothing is left to encode when the last frame is in; the next episode waits for that, and half as much again in bytes is a fair price.
        h264 = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-crf", "21", "-threads", "1", "-pix_fmt", "yuv420p"]
        return [get_ffmpeg_exe(), "-y", "-v", "error", *source, "-an", *h264, "-movflags", "+faststart", str(self.path)]


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
