"""The view from above shows things where they are."""

from __future__ import annotations

from pathlib import Path as FilePath

import numpy as np
import pytest

from envs.driving.birdseye import BirdseyePainter, BirdseyeView, Path, Stamp
from envs.driving.birdseye.painter import EGO, RED_ZONE, STRUCK, THINGS, save_picture
from envs.driving.formats import NavsimData
from envs.driving.road_outlines import outlines_of
from envs.driving.scene import Boxes

TOKEN = "702372daede71b10"
SIZE, METRES = (300, 300), 60.0  # five pixels a metre; the ego's rear axle is at (150, 204)


@pytest.fixture
def painter(small: NavsimData) -> BirdseyePainter:
    scene = small.scene(TOKEN)
    return BirdseyePainter(outlines_of(small.map(scene.map_name)), SIZE, METRES)


def _boxes(small: NavsimData) -> Boxes:
    local = Boxes(np.array([[20.0, 6.0, 0.8]]), np.array([[4.0, 2.0, 1.5]]), np.zeros(1), np.zeros((1, 3)), ("vehicle",), ("x",))
    return local.to_global(small.scene(TOKEN).current.ego_pose)


def test_ego_and_object_are_where_they_are(small: NavsimData, painter: BirdseyePainter) -> None:
    pose = small.scene(TOKEN).current.ego_pose
    picture = painter.paint(BirdseyeView(pose, _boxes(small)))
    assert picture.shape == (300, 300, 3)
    assert tuple(picture[200, 147]) == EGO
    assert tuple(picture[204 - 100, 150 - 30]) == THINGS["vehicle"]  # 20 m ahead is up, 6 m to the left is left


def test_what_was_struck_is_red_and_a_warning_frames_the_picture(small: NavsimData, painter: BirdseyePainter) -> None:
    pose = small.scene(TOKEN).current.ego_pose
    picture = painter.paint(BirdseyeView(pose, _boxes(small), struck=frozenset({"x"}), warning="collision"))
    assert tuple(picture[204 - 100, 150 - 30]) == STRUCK
    assert picture[150, 1, 0] > 150
    assert picture[150, 1, 1] < 60


def test_a_red_connector_is_marked(small: NavsimData, painter: BirdseyePainter) -> None:
    scene = small.scene(TOKEN)
    lights = dict(scene.current.traffic_lights)
    red = next(name for name, is_red in lights.items() if is_red)
    lanes = small.map(scene.map_name).lanes
    pose = lanes.baselines.path(lanes.connector_row[red])[0]  # at the stop line
    with_lights = painter.paint(BirdseyeView(pose, Boxes.none(), lights))
    assert (with_lights == RED_ZONE).all(-1).sum() > 50
    assert (painter.paint(BirdseyeView(pose, Boxes.none())) == RED_ZONE).all(-1).sum() == 0


def test_paths_stamps_and_title_change_the_picture_and_png_is_written(
    small: NavsimData, painter: BirdseyePainter, tmp_path: FilePath
) -> None:
    scene = small.scene(TOKEN)
    pose = scene.current.ego_pose
    plain = painter.paint(BirdseyeView(pose, Boxes.none()))
    drawn = {plain.tobytes()}
    plan = np.stack([frame.ego_pose for frame in scene.future])
    for view in (
        BirdseyeView(pose, Boxes.none(), paths=(Path("plan", plan),)),
        BirdseyeView(pose, Boxes.none(), paths=(Path("plan", plan, footprints=True),)),
        BirdseyeView(pose, Boxes.none(), stamps=(Stamp("NC", 0.0), Stamp("EC", None))),
        BirdseyeView(pose, Boxes.none(), title="a title", ego_speed=4.0),
    ):
        drawn.add(painter.paint(view).tobytes())
    assert len(drawn) == 5
    save_picture(tmp_path / "view.png", plain)
    assert (tmp_path / "view.png").stat().st_size > 1000
