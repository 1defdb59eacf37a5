"""Which episodes are filmed, with which cameras, and how many frames a film has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import imageio_ffmpeg
import numpy as np
import pytest

from harness.conformance.toy_env import ToyEnv
from harness.errors import ConfigError
from harness.lazy import LazyDict
from harness.recording.recorder import CLOSING_SECONDS, RecordConfig
from harness.scenario import Scenario
from harness.suite import Suite
from tests.harness.conftest import TOY

TWO_CAMERAS = "tests.harness.recording.test_recorder:gauntlet/TwoCameras-v0"
STEPS, HZ = 12, 10
FRAMES = STEPS + 1 + round(CLOSING_SECONDS * HZ)


class TwoCameras(ToyEnv):
    """The toy environment with a second, wider camera; ``seed`` decides how far the goal is, and so whether 12 steps are enough."""

    def _observation(self) -> dict[str, Any]:
        observation = super()._observation()
        self.image = LazyDict({"top": self.render, "wide": lambda: np.zeros((30, 90, 3), np.uint8)})
        return {**observation, "image": self.image}


gym.register("gauntlet/TwoCameras-v0", entry_point="tests.harness.recording.test_recorder:TwoCameras")


def videos(root: Path) -> dict[str, list[str]]:
    return {folder.name: sorted(path.name for path in folder.glob("*.mp4")) for folder in (root / "episodes").iterdir()}


def test_a_film_of_every_step(play: Callable[..., Any], toys: Callable[..., Suite], episodes: Callable[..., Any]):
    result = play(toys(1), "hold", "record=light", "record.width=128")
    (record,) = episodes(result.root).values()
    assert record.videos == {"top": "top.mp4"}
    path = result.root / "episodes" / record.scenario_id / "top.mp4"
    assert imageio_ffmpeg.count_frames_and_secs(str(path)) == (FRAMES, pytest.approx(FRAMES / HZ))
    meta: Any = next(imageio_ffmpeg.read_frames(str(path)))
    assert meta["codec"] == "h264"
    assert meta["source_size"][0] == 128
    assert "top.mp4" in (path.parent / "SHA256SUMS").read_text()


def test_the_images_own_size_without_overlays(play: Callable[..., Any], toys: Callable[..., Suite]):
    result = play(toys(1), "hold", "record=light", "record.width=null", "record.overlays=[]")
    (path,) = result.root.glob("episodes/*/*.mp4")
    reader: Iterator[Any] = imageio_ffmpeg.read_frames(str(path))  # what is known of the video, then its frames
    meta = next(reader)
    assert meta["source_size"] == (64, 64)
    env = ToyEnv()
    observation, _ = env.reset(seed=0)
    shown = np.frombuffer(next(reader), np.uint8).reshape(64, 64, 3).astype(int)
    assert np.abs(shown - observation["image"]["top"]).mean() < 4  # but for the loss of compression, it is the image


@pytest.mark.parametrize(
    ("cameras", "expected"),
    [
        ("first", ["top.mp4"]),
        ("all", ["top.mp4", "wide.mp4"]),
        ("[wide]", ["wide.mp4"]),
        ("wide", ["wide.mp4"]),
        ("[wide,top]", ["top.mp4", "wide.mp4"]),
    ],
)
def test_cameras(play: Callable[..., Any], toys: Callable[..., Suite], cameras: str, expected: list[str]):
    result = play(toys(1, env=TWO_CAMERAS), "hold", "record=light", f"record.cameras={cameras}")
    assert list(videos(result.root).values()) == [expected]


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_unknown_camera(play: Callable[..., Any], toys: Callable[..., Suite], executor: str):
    with pytest.raises(ConfigError, match=r"no camera 'tpo' .*did you mean top"):
        play(toys(2), "hold", "record=light", "record.cameras=[tpo]", executor=executor)


def test_only_failures(play: Callable[..., Any], toys: Callable[..., Suite], episodes: Callable[..., Any]):
    suite = Suite(name="toy/mixed", scenarios=tuple(Scenario(env=TOY, seed=seed, max_steps=steps) for seed, steps in ((0, 12), (1, 2))))
    result = play(suite, "expert", "record=light", "record.videos=failures")
    found = episodes(result.root)
    good, bad = (s.id for s in suite.scenarios)
    assert (found[good].outcome, found[bad].outcome) == ("success", "failure")
    assert videos(result.root) == {good: [], bad: ["top.mp4"]}
    assert found[good].videos == {}
    assert found[bad].videos == {"top": "top.mp4"}


def test_a_sample_is_the_same_in_every_run(play: Callable[..., Any], toys: Callable[..., Suite]):
    suite = toys(6)
    given = ["record=light", "record.videos=sample", "record.sample=2"]
    first = videos(play(suite, "hold", *given).root)
    other = videos(
        play(suite.model_copy(update={"scenarios": suite.scenarios[::-1]}), "expert", *given, "name=other", executor="process").root
    )
    filmed = {name for name, found in first.items() if found}
    assert len(filmed) == 2
    assert filmed == {name for name, found in other.items() if found}


def test_none_renders_nothing(play: Callable[..., Any], toys: Callable[..., Suite], episodes: Callable[..., Any]):
    result = play(toys(2), "expert", "record=none")
    assert all(found == [] for found in videos(result.root).values())
    assert all(e.timing.render == 0.0 for e in episodes(result.root).values())


def test_step0_can_be_left_out(play: Callable[..., Any], toys: Callable[..., Suite]):
    assert list(play(toys(1), "hold", "name=with").root.glob("episodes/*/step0.npz"))
    assert not list(play(toys(1), "hold", "name=without", "record.step0=false").root.glob("episodes/*/step0.npz"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"videos": "some"},
        {"width": "wide"},
        {"width": 0},
        {"width": True},
        {"sample": -1},
        {"sample": 1.5},
        {"cameras": 3},
        {"overlays": "points"},
        {"overlays": ("stamps",)},
        {"step0": "yes"},
    ],
)
def test_values_of_the_wrong_kind(wrong: dict[str, Any]):
    with pytest.raises(ConfigError, match=f"record.{next(iter(wrong))}"):
        RecordConfig(**wrong)
