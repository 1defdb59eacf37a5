"""The encoder: real H.264 files, and what happens when it cannot write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from harness.errors import StoreError
from harness.recording.video import VideoWriter

SIZE = (64, 48)


def frame(level: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def look(path: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """A video's properties and frames, read back."""
    reader: Iterator[Any] = imageio_ffmpeg.read_frames(str(path))  # what is known of the video, then its frames
    meta = next(reader)
    width, height = meta["source_size"]
    return meta, [np.frombuffer(raw, np.uint8).reshape(height, width, 3) for raw in reader]


def test_frames_arrive_in_order(tmp_path: Path):
    writer = VideoWriter(tmp_path / "top.mp4", SIZE, fps=10)
    levels = [20 * k for k in range(12)]
    for level in levels:
        writer.add(lambda level=level: frame(level))
    writer.close()
    meta, frames = look(tmp_path / "top.mp4")
    assert (meta["codec"], meta["source_size"], meta["fps"]) == ("h264", SIZE, 10.0)
    assert "yuv420p" in meta["pix_fmt"]
    assert [round(float(f.mean())) for f in frames] == pytest.approx(levels, abs=4)


def test_the_index_is_in_front(tmp_path: Path):
    """So that a browser can play it while it loads."""
    writer = VideoWriter(tmp_path / "top.mp4", SIZE, fps=5)
    writer.add(lambda: frame(100))
    writer.close()
    content = (tmp_path / "top.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_composing_happens_elsewhere(tmp_path: Path):
    threads = set()

    def compose() -> np.ndarray:
        threads.add(threading.current_thread())
        return frame(0)

    writer = VideoWriter(tmp_path / "top.mp4", SIZE, fps=5)
    for _ in range(5):
        writer.add(compose)
    writer.close()
    assert len(threads) == 1
    assert threading.main_thread() not in threads
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("place", ["missing/top.mp4", "file/top.mp4", "folder.mp4"])
def test_a_path_that_cannot_be_written(tmp_path: Path, place: str):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    writer = VideoWriter(tmp_path / place, SIZE, fps=5)
    for _ in range(600):  # more than the queue holds: the simulation must not wait for a dead encoder
        writer.add(lambda: frame(0))
    with pytest.raises(StoreError, match=r"top\.mp4|folder\.mp4") as caught:
        writer.close()
    assert "\n" not in str(caught.value)


def test_a_frame_that_cannot_be_made_is_no_fault_of_the_disk(tmp_path: Path):
    def broken() -> np.ndarray:
        raise ZeroDivisionError("an overlay's mistake")

    writer = VideoWriter(tmp_path / "top.mp4", SIZE, fps=5)
    writer.add(lambda: frame(0))
    writer.add(broken)
    writer.add(lambda: frame(0))
    with pytest.raises(ZeroDivisionError, match="overlay"):
        writer.close()


def test_abandoned(tmp_path: Path):
    writer = VideoWriter(tmp_path / "missing" / "top.mp4", SIZE, fps=5)
    writer.add(lambda: frame(0))
    writer.abandon()
    assert not any(thread.name == "video top.mp4" and thread.is_alive() for thread in threading.enumerate())
