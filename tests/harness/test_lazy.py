"""Lazy dictionaries: computed once, only when looked at, never for another moment."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from harness.errors import StaleFrameError
from harness.lazy import LazyDict


class Camera:
    """Counts the frames it makes."""

    def __init__(self) -> None:
        self.frames = 0

    def render(self) -> str:
        self.frames += 1
        return f"frame {self.frames}"


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def images(camera: Camera) -> LazyDict:
    return LazyDict({"top": camera.render, "side": camera.render})


def test_asking_for_names_computes_nothing(camera: Camera, images: LazyDict):
    assert list(images) == ["top", "side"]
    assert "top" in images
    assert len(images) == 2
    assert images.known() == {}
    assert "unseen=['side', 'top']" in repr(images)
    assert camera.frames == 0


def test_a_value_is_computed_once(camera: Camera, images: LazyDict):
    assert images["top"] == images["top"] == images.get("top") == "frame 1"
    assert camera.frames == 1
    assert images.known() == {"top": "frame 1"}


def test_missing_key(images: LazyDict):
    assert images.get("wrist", "none") == "none"
    with pytest.raises(KeyError):
        images["wrist"]


@pytest.mark.parametrize(
    "look",
    [
        lambda images: dict(images),
        lambda images: {**images},
        lambda images: dict(images.items()),
        lambda images: dict(zip(images, images.values())),
        lambda images: dict(images.copy()),
        lambda images: dict(copy.copy(images)),
        lambda images: dict(copy.deepcopy(images)),
        lambda images: dict(pickle.loads(pickle.dumps(images))),  # noqa: S301
        lambda images: json.loads(json.dumps(images)),
        lambda images: images | {},
        lambda images: {} | images,
        lambda images: {name: images.pop(name) for name in ("top", "side")},
    ],
)
def test_every_way_to_read_all_computes_all(camera: Camera, images: LazyDict, look):
    assert look(images) == {"top": "frame 1", "side": "frame 2"}
    assert camera.frames == 2


def test_equality_is_that_of_the_values(images: LazyDict):
    assert images == {"top": "frame 1", "side": "frame 2"}
    assert not images != {"top": "frame 1", "side": "frame 2"}  # noqa: SIM202 (`!=` itself is tested)
    assert images != {"top": "frame 1"}


def test_expired(camera: Camera, images: LazyDict):
    assert images["top"] == "frame 1"
    images.expire("at step 3")
    assert images["top"] == "frame 1"  # looked at in time
    with pytest.raises(StaleFrameError, match="'side' was not looked at at step 3, and the simulator has moved on"):
        images["side"]
    with pytest.raises(StaleFrameError):
        dict(images)
    assert camera.frames == 1


def test_maker_that_fails_is_asked_again():
    answers = iter([RuntimeError("no GPU"), "frame"])

    def render() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    images = LazyDict({"top": render})
    with pytest.raises(RuntimeError, match="no GPU"):
        images["top"]
    assert images["top"] == "frame"


def test_setting_replaces_the_maker(camera: Camera, images: LazyDict):
    images["top"] = "given"
    assert images["top"] == "given"
    assert camera.frames == 0


def test_map_stays_lazy(camera: Camera, images: LazyDict):
    louder = images.map(lambda name, value: f"{name}: {value.upper()}")
    assert camera.frames == 0
    assert louder["side"] == "side: FRAME 1"
    assert camera.frames == 1
    assert louder.known() == {"side": "side: FRAME 1"}
    images.expire("at step 0")
    with pytest.raises(StaleFrameError):
        louder["top"]


def test_copies_are_independent_of_expiry(images: LazyDict):
    copied = copy.deepcopy(images)
    images.expire("at step 0")
    assert copied["side"] == "frame 2"
