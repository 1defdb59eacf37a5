"""Pictures of a street: deterministic, legible, and true to the boxes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import sapien

from envs.driving.camera import RIG, WEATHERS
from envs.driving.camera.frames import render, state_of, street_of
from envs.driving.camera.renderer import StreetRenderer
from envs.driving.camera.rig import camera_geometry, chosen_cameras
from envs.driving.camera.street import StreetState
from envs.driving.formats import NavsimData
from envs.driving.scene import Boxes
from harness.errors import ConfigError

pytestmark = pytest.mark.sim
SIZE = (256, 144)
TOKEN = "702372daede71b10"  # a crossing whose light is red, two cars ahead


@pytest.fixture(scope="module")
def renderer() -> StreetRenderer:
    return StreetRenderer([RIG["CAM_F0"], RIG["CAM_B0"]], SIZE)


def _street(small: NavsimData, weather: str = "day", seed: int = 1):
    scene = small.scene(TOKEN)
    return scene, street_of(small.map(scene.map_name), scene.frames, weather, seed)


def test_the_same_moment_gives_the_same_bytes_whatever_was_drawn_before(small: NavsimData, renderer: StreetRenderer) -> None:
    scene, street = _street(small)
    renderer.load(street)
    state = state_of(scene.current)
    first = renderer.picture("CAM_F0", state)
    assert first.shape == (144, 256, 3)
    assert first.dtype == np.uint8
    renderer.picture("CAM_F0", state_of(scene.frames[-1]))
    renderer.load(_street(small, "rain")[1])
    renderer.picture("CAM_F0", state)
    renderer.load(_street(small)[1])
    assert renderer.picture("CAM_F0", state).tobytes() == first.tobytes()
    other = StreetRenderer([RIG["CAM_F0"]], SIZE)
    other.load(street)
    assert other.picture("CAM_F0", state).tobytes() == first.tobytes()


def test_masks_and_boxes_agree(small: NavsimData, renderer: StreetRenderer) -> None:
    scene, street = _street(small)
    renderer.load(street)
    state = state_of(scene.current)
    masks = renderer.masks("CAM_F0", state)
    assert masks["labels"].shape == (144, 256)
    camera = renderer.geometry("CAM_F0", state)
    seen = 0
    for label, name in masks["names"].items():
        kind, _, token = name.partition(":")
        if kind == "signal":
            continue
        k = state.boxes.track_tokens.index(token)
        rows, columns = np.nonzero(masks["labels"] == label)
        if len(rows) < 12:
            continue
        corners = _corners(state.boxes, k)
        pixels = _project(corners, camera)
        assert columns.min() >= pixels[:, 0].min() - 2
        assert columns.max() <= pixels[:, 0].max() + 2
        assert rows.min() >= pixels[:, 1].min() - 2
        assert rows.max() <= pixels[:, 1].max() + 2
        seen += 1
    assert seen >= 2


def test_masks_do_not_depend_on_picture_formats_that_others_have_set(small: NavsimData, renderer: StreetRenderer) -> None:
    """ManiSkill's default shader pack asks for floats, for the whole process."""
    scene, street = _street(small)
    state = state_of(scene.current)
    renderer.load(street)
    before = renderer.masks("CAM_F0", state)
    cast(Any, sapien.render).set_picture_format("PositionSegmentation", "r32g32b32a32sfloat")
    other = StreetRenderer([RIG["CAM_F0"]], SIZE)
    other.load(street)
    again = other.masks("CAM_F0", state)
    assert again["names"] == before["names"]
    np.testing.assert_array_equal(again["labels"], before["labels"])


def test_a_signal_shows_its_state(small: NavsimData, renderer: StreetRenderer) -> None:
    scene, street = _street(small)
    renderer.load(street)
    state = state_of(scene.current)
    shown = {}
    for lamp in ("red", "green"):
        picture = renderer.picture("CAM_F0", replace(state, lights=dict.fromkeys(state.lights, lamp))).astype(int)
        red, green = (picture[..., 0] - picture[..., 1] > 90).sum(), (picture[..., 1] - picture[..., 0] > 90).sum()
        shown[lamp] = red, green
    assert shown["green"][1] > shown["red"][1] + 5
    assert shown["red"][0] > shown["green"][0] + 5


def test_an_object_ahead_is_seen_and_one_behind_is_not(small: NavsimData, renderer: StreetRenderer) -> None:
    scene, street = _street(small)
    renderer.load(street)
    pose = scene.current.ego_pose
    one = np.array([[18.0, 0.0, 0.8]])
    boxes = Boxes(one, np.array([[4.6, 1.9, 1.5]]), np.zeros(1), np.zeros((1, 3)), ("vehicle",), ("x",)).to_global(pose)
    with_it, without = StreetState(boxes, pose), StreetState(Boxes.none(), pose)
    changed = (renderer.picture("CAM_F0", with_it) != renderer.picture("CAM_F0", without)).any(-1)
    columns = np.nonzero(changed)[1]
    assert changed.sum() > 200
    assert abs(columns.mean() - 128) < 12
    assert (renderer.picture("CAM_B0", with_it) == renderer.picture("CAM_B0", without)).all()
    braking = renderer.picture("CAM_F0", StreetState(boxes, pose, braking=frozenset({"x"})))
    assert (braking != renderer.picture("CAM_F0", with_it)).any()


def test_weathers_differ_and_rain_falls_otherwise_at_every_moment(small: NavsimData, renderer: StreetRenderer) -> None:
    scene = small.scene(TOKEN)
    state = state_of(scene.current)
    pictures = {}
    for weather in WEATHERS:
        renderer.load(_street(small, weather)[1])
        pictures[weather] = renderer.picture("CAM_F0", state)
    assert len({picture.tobytes() for picture in pictures.values()}) == 3
    assert pictures["day"].mean() > pictures["dusk"].mean()
    assert (renderer.picture("CAM_F0", replace(state, time_us=state.time_us + 1)) != pictures["rain"]).any()


def test_one_call_gives_a_picture(small: NavsimData) -> None:
    scene = small.scene(TOKEN)
    picture = render(state_of(scene.current), small.map(scene.map_name), RIG["CAM_L0"], (128, 72))
    assert picture.shape == (72, 128, 3)
    assert picture.std() > 10


def test_unknown_weather_and_cameras_are_refused(small: NavsimData) -> None:
    scene = small.scene(TOKEN)
    with pytest.raises(ConfigError, match="drizzle"):
        street_of(small.map(scene.map_name), scene.frames, "drizzle")
    with pytest.raises(ConfigError, match="CAM_F1"):
        chosen_cameras(["CAM_F1"])
    with pytest.raises(ConfigError, match="twice"):
        chosen_cameras(["CAM_F0", "CAM_F0"])


def test_the_front_camera_sees_64_degrees_straight_ahead() -> None:
    camera = camera_geometry(RIG["CAM_F0"], SIZE, np.array([100.0, 50.0, np.pi / 2]))
    ahead = _project(np.array([[100.0, 80.0, 1.55]]), camera)[0]
    assert ahead == pytest.approx([128.0, 560 / 1080 * 144], abs=1e-6)
    left = _project(np.array([[95.0, 80.0, 1.55]]), camera)[0]
    assert left[0] < 128
    width = 2 * np.rad2deg(np.arctan(128 / camera["intrinsic"][0, 0]))
    assert width == pytest.approx(63.7, abs=0.1)


def _corners(boxes: Boxes, k: int) -> np.ndarray:
    x, y, z = boxes.size[k] / 2
    local = np.array([[sx * x, sy * y, sz] for sx in (-1, 1) for sy in (-1, 1) for sz in (0.0, 2 * z)])
    cos, sin = np.cos(boxes.heading[k]), np.sin(boxes.heading[k])
    turned = local @ np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return turned + np.array([boxes.xyz[k, 0], boxes.xyz[k, 1], 0.0])


def _project(points: np.ndarray, camera: Any) -> np.ndarray:
    seen = (camera["extrinsic"] @ np.column_stack([points, np.ones(len(points))]).T)[:3]
    pixels = camera["intrinsic"] @ (seen / seen[2])
    return pixels[:2].T
