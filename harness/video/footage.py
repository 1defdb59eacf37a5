"""A recorded video, read forward: which frame belongs to which control step, and where the camera's picture lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import StoreError
from harness.recording.film_notes import FilmNotes
from harness.recording.overlay import Canvas


class Footage:
    """Frame k of a recording shows the state after k control steps, and the last is held. :meth:`at` must be asked for rising steps.

    ``overlays``: what the run's configuration says was drawn, for videos older than :class:`FilmNotes`.

    Raises:
        StoreError: the file is missing, or no video.
    """

    def __init__(self, path: Path, overlays: tuple[str, ...] = ()) -> None:
        import av

        self.path = path
        if not path.is_file():
            raise StoreError(f"{path.parent.name}/{path.name} is missing", "it was deleted; record the episode anew")
        try:
            self._file = av.open(str(path))
            stream = self._file.streams.video[0]
            stream.thread_count = 1
            self.notes = FilmNotes.from_text(str(self._file.metadata.get("comment", "")))
            size = (int(stream.width), int(stream.height))
        except (OSError, IndexError, ValueError) as error:  # PyAV's errors are OSErrors and ValueErrors
            raise StoreError(f"{path.parent.name}/{path.name} is no video: {_one_line(error)}", "the file is damaged") from None
        self.image_size, self.picture, self.overlays = self._geometry(size, overlays)
        self._frames: Iterator[Any] = self._file.decode(stream)
        self._step = -1
        self._now: Any = None

    @property
    def aspect(self) -> float:
        """Width over height of the picture."""
        return self.picture[2] / self.picture[3]

    def at(self, step: int) -> NDArray[np.uint8]:
        """The camera's picture (H, W, 3) after ``step`` control steps; the last there is, past the end.

        Raises:
            StoreError: not one frame can be decoded.
        """
        while self._step < step:
            try:
                self._now = next(self._frames)
            except (StopIteration, OSError, ValueError) as error:
                if self._now is None:
                    raise StoreError(
                        f"{self.path.parent.name}/{self.path.name} holds no frame: {_one_line(error)}", "the file is damaged"
                    ) from None
                self._frames = iter(())
                break
            self._step += 1
        left, top, width, height = self.picture
        return self._now.to_ndarray(format="rgb24")[top : top + height, left : left + width]

    def close(self) -> None:
        self._file.close()

    def _geometry(
        self, size: tuple[int, int], overlays: tuple[str, ...]
    ) -> tuple[tuple[int, int] | None, tuple[int, int, int, int], frozenset[str]]:
        if self.notes is not None:
            return self.notes.image, self.notes.picture, frozenset(self.notes.overlays)
        canvas = Canvas(self.path.stem, size, size[0], frozenset(overlays))  # the bands of text depend on the width alone
        height = max(2, size[1] - canvas.header - canvas.footer)
        return _image_size(self.path.parent, self.path.stem), (0, canvas.header, size[0], height), frozenset(overlays)


def _image_size(folder: Path, camera: str) -> tuple[int, int] | None:
    """(width, height) of the camera's images as the agent got the first one; None if it never looked."""
    try:
        with np.load(folder / "step0.npz", allow_pickle=False) as payload:
            height, width = payload[f"image/{camera}"].shape[:2]
    except (OSError, KeyError, ValueError):
        return None
    return int(width), int(height)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
