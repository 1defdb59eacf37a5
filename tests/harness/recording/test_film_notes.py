"""What a film says about itself, and views that only films show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import gymnasium as gym
import numpy as np
import pytest

from harness.conformance.toy_env import ToyEnv
from harness.errors import ConfigError
from harness.lazy import LazyDict
from harness.recording.film_notes import FilmNotes
from harness.recording.overlay import LAYERS
from harness.suite import Suite

WITH_VIEW = "tests.harness.recording.test_film_notes:gauntlet/WithView-v0"


class WithView(ToyEnv):
    """The toy environment with a bird's-eye view that no policy sees."""

    def _info(self) -> dict[str, Any]:
        return {**super()._info(), "views": LazyDict({"bev": lambda: np.full((40, 80, 3), 90, np.uint8)})}


gym.register("gauntlet/WithView-v0", entry_point="tests.harness.recording.test_film_notes:WithView")


def notes(path: Path) -> FilmNotes | None:
    with av.open(str(path)) as file:
        return FilmNotes.from_text(str(file.metadata.get("comment", "")))


def test_a_film_tells_where_its_picture_is(play: Callable[..., Any], toys: Callable[..., Suite]):
    result = play(toys(1), "hold", "record=light", "record.width=128")
    (path,) = result.root.glob("episodes/*/*.mp4")
    about = notes(path)
    assert about is not None
    assert (about.camera, about.image, set(about.overlays)) == ("top", (64, 64), set(LAYERS))
    left, top, width, height = about.picture
    assert (left, width, height) == (0, 128, 128)
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0)).to_ndarray(format="rgb24")
    cut = frame[top : top + height]
    assert np.abs(cut[60:, :60].astype(int) - 230).mean() < 30  # the toy's floor
    assert frame[:top].mean() < 100  # the band of text above it


def test_without_overlays_the_picture_is_the_frame(play: Callable[..., Any], toys: Callable[..., Suite]):
    result = play(toys(1), "hold", "record=light", "record.overlays=[]", "record.width=null")
    (path,) = result.root.glob("episodes/*/*.mp4")
    assert notes(path) == FilmNotes("top", (64, 64), (0, 0, 64, 64), ())


@pytest.mark.parametrize("text", ["", "made by somebody else", "[1]", '{"gauntlet_film": {"camera": "top"}}'])
def test_other_comments_are_no_notes(text: str):
    assert FilmNotes.from_text(text) is None


@pytest.mark.parametrize(
    ("cameras", "expected"), [("first", ["bev", "top"]), ("all", ["bev", "top"]), ("[bev]", ["bev"]), ("top", ["top"])]
)
def test_views_are_filmed(play: Callable[..., Any], toys: Callable[..., Suite], cameras: str, expected: list[str]):
    result = play(toys(1, env=WITH_VIEW), "hold", "record=light", f"record.cameras={cameras}", "record.overlays=[]", "record.width=null")
    assert sorted(path.stem for path in result.root.glob("episodes/*/*.mp4")) == expected


def test_an_unknown_view_is_named(play: Callable[..., Any], toys: Callable[..., Suite]):
    with pytest.raises(ConfigError, match=r"bew.*did you mean bev"):
        play(toys(1, env=WITH_VIEW), "hold", "record=light", "record.cameras=bew")
