"""Reading what the official devkit reads, and writing what it can read."""

from __future__ import annotations

import pickletools
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs.driving.errors import FormatError
from envs.driving.formats import NavsimData, read_log, read_synthetic_scene, write_log, write_synthetic_scene
from envs.driving.formats.navsim_log import yaw_of
from envs.driving.formats.pickling import write_pickle
from envs.driving.formats.unpickle import load_pickle
from envs.driving.scene import Boxes, Camera, Frame, Log, Scene, Trajectory


def assert_same(a: Any, b: Any, where: str = "") -> None:
    """Equal data classes, arrays to 1e-12."""
    if hasattr(a, "__dataclass_fields__"):
        for each in fields(a):
            assert_same(getattr(a, each.name), getattr(b, each.name), f"{where}.{each.name}")
    elif isinstance(a, np.ndarray):
        assert np.allclose(a, b, rtol=0, atol=1e-12), where
    elif isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, tuple):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b)):
            assert_same(x, y, f"{where}[{i}]")
    else:
        assert a == b, where


def globals_of(path: Path) -> set[str]:
    """Modules and names that a pickle may ask for."""
    return {arg for op, arg, _ in pickletools.genops(path.read_bytes()) if "UNICODE" in op.name and isinstance(arg, str)}


@pytest.fixture
def log_file(small_folder: Path) -> Path:
    return small_folder / "navsim_logs" / "synth" / "synth_c_red.pkl"


@pytest.fixture
def scene_file(small_folder: Path) -> Path:
    return small_folder / "synth_two_stage" / "synthetic_scene_pickles" / "f89d43515d084e9cb.pkl"


def test_a_log_goes_round(log_file: Path, tmp_path: Path) -> None:
    log = read_log(log_file)
    again = read_log(write_log(tmp_path, log))
    assert_same(log, again)
    assert (log.name, log.map_name, len(log.frames)) == ("synth_c_red", "us-ma-boston", 26)


def test_a_written_log_has_every_key_of_the_original(log_file: Path, tmp_path: Path) -> None:
    original, ours = load_pickle(log_file)[3], load_pickle(write_log(tmp_path, read_log(log_file)))[3]
    assert original.keys() - ours.keys() == set()
    assert original["anns"].keys() == ours["anns"].keys()
    for key in ("ego2global", "lidar2global", "can_bus", "ego2global_rotation", "ego2global_translation", "driving_command"):
        assert np.allclose(original[key], ours[key], rtol=0, atol=2e-7), key
        assert np.shape(original[key]) == np.shape(ours[key]), key
    assert ours["traffic_lights"] == original["traffic_lights"]


def test_written_pickles_name_what_the_devkit_has(log_file: Path, scene_file: Path, tmp_path: Path) -> None:
    names = globals_of(write_log(tmp_path, read_log(log_file))) | globals_of(
        write_synthetic_scene(tmp_path, read_synthetic_scene(scene_file))
    )
    assert not {name for name in names if name.startswith(("numpy._core", "envs"))}
    assert {"nuplan.common.actor_state.agent", "nuplan.planning.simulation.observation.observation_type", "numpy.core.multiarray"} <= names


def test_a_synthetic_scene_goes_round(scene_file: Path, tmp_path: Path) -> None:
    scene = read_synthetic_scene(scene_file)
    again = read_synthetic_scene(write_synthetic_scene(tmp_path, scene))
    assert_same(scene, again)
    assert (scene.is_synthetic, scene.num_history, len(scene.frames), scene.horizon) == (True, 4, 4, 8)


def test_a_written_scene_has_the_layout_of_the_original(scene_file: Path, tmp_path: Path) -> None:
    original, ours = load_pickle(scene_file), load_pickle(write_synthetic_scene(tmp_path, read_synthetic_scene(scene_file)))
    assert original.keys() == ours.keys()
    assert original["scene_metadata"] == ours["scene_metadata"]
    assert original["frames"][0].keys() == ours["frames"][0].keys()

    def states(tracks: Any) -> list[dict[str, Any]]:
        return [thing.state for thing in tracks.state["tracked_objects"].state["tracked_objects"]]

    for before, after in zip(states(original["extended_detections_tracks"][0]), states(ours["extended_detections_tracks"][0])):
        assert before.keys() == after.keys()


def test_cameras_and_odd_poses_go_round(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    tilted = np.eye(4)
    tilted[:3, :3], tilted[:3, 3] = turn, (10.0, 20.0, 1.5)
    frame = Frame(
        token="a" * 16, timestamp_us=1, ego_pose=np.array([10.0, 20.0, 0.0]), ego_velocity=np.array([1.0, 0.5]), ego_acceleration=np.zeros(2),
        driving_command=np.array([1, 0, 0, 0]), roadblock_ids=(), traffic_lights=(("7", True),), boxes=Boxes.none(),
        cameras={"CAM_F0": Camera("log/CAM_F0/x.jpg", turn, np.arange(3.0), np.eye(3), np.zeros(5))}, ego2global=tilted, angular_velocity=np.array([0, 0, 0.1]),
    )  # fmt: skip
    read = read_log(write_log(tmp_path, Log("odd", "us-ma-boston", (frame,)))).frames[0]
    assert_same(dict(frame.cameras), dict(read.cameras))
    assert read.ego2global is not None
    assert np.allclose(read.ego2global, tilted)
    assert read.traffic_lights == frame.traffic_lights
    assert read.ego_pose[2] == pytest.approx(yaw_of(np.array(load_pickle(tmp_path / "odd.pkl")[0]["ego2global_rotation"])))


def test_yaw_is_pyquaternions() -> None:
    # pyquaternion 0.9.9: arctan2(2 (w z - x y), 1 - 2 (y^2 + z^2))
    assert yaw_of(np.array([np.cos(0.4), 0, 0, np.sin(0.4)])) == pytest.approx(0.8)
    assert yaw_of(np.array([0.5, 0.5, 0.5, 0.5])) == pytest.approx(np.arctan2(0.0, 0.0))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda frame: frame.pop("anns"), "has no key anns"),
        (lambda frame: frame["anns"].pop("gt_names"), "has no key gt_names"),
        (lambda frame: frame["anns"].update(gt_boxes=np.zeros((2, 6))), "boxes has shape"),
        (lambda frame: frame["anns"].update(gt_names=np.array(["vehicle"])), "count"),
        (lambda frame: frame["anns"].update(gt_names=np.array(["car"] * len(frame["anns"]["gt_names"]))), "unknown kind 'car'"),
        (lambda frame: frame["anns"]["gt_boxes"].fill(np.nan), "NaN"),
        (lambda frame: frame.update(ego_dynamic_state=[1.0, 2.0]), "ego_dynamic_state has shape"),
        (lambda frame: frame.update(ego2global_rotation="x"), "else than numbers"),
        (lambda frame: frame.update(traffic_lights=[5]), "traffic lights"),
        (lambda frame: frame.update(timestamp=None), "wrong type"),
        (lambda frame: frame.update(map_location="sg-one-north"), "several places"),
        (lambda frame: frame.update(cams={"CAM_X": {}}), "unknown camera"),
    ],
)
def test_what_is_wrong_with_a_frame_is_named(log_file: Path, tmp_path: Path, spoil: Any, said: str) -> None:
    frames = load_pickle(log_file)
    spoil(frames[2])
    write_pickle(tmp_path / "synth_c_red.pkl", frames)
    with pytest.raises(FormatError, match=said) as caught:
        read_log(tmp_path / "synth_c_red.pkl")
    assert "synth_c_red.pkl" in str(caught.value)


def test_unknown_vertical_velocities_are_zero(log_file: Path, tmp_path: Path) -> None:
    frames = load_pickle(log_file)
    frames[2]["anns"]["gt_velocity_3d"][:, 2] = np.nan
    write_pickle(tmp_path / "synth_c_red.pkl", frames)
    assert not read_log(tmp_path / "synth_c_red.pkl").frames[2].boxes.velocity[:, 2].any()
    frames[2]["anns"]["gt_velocity_3d"][:, 1] = np.nan
    write_pickle(tmp_path / "synth_c_red.pkl", frames)
    with pytest.raises(FormatError, match="velocities holds NaN"):
        read_log(tmp_path / "synth_c_red.pkl")


def test_a_log_is_a_list(tmp_path: Path) -> None:
    write_pickle(tmp_path / "log.pkl", {})
    with pytest.raises(FormatError, match="no list of frames"):
        read_log(tmp_path / "log.pkl")


def test_a_synthetic_scene_in_a_file_of_another_name(scene_file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.pkl").write_bytes(scene_file.read_bytes())
    with pytest.raises(FormatError, match="holds the scene f89d43515d084e9cb"):
        read_synthetic_scene(tmp_path / "other.pkl")


def test_a_synthetic_token_has_17_characters(small: NavsimData, tmp_path: Path) -> None:
    scene = small.scene("f89d43515d084e9cb")
    with pytest.raises(FormatError, match="16 characters"):
        write_synthetic_scene(tmp_path, Scene(**{**{f.name: getattr(scene, f.name) for f in fields(scene)}, "token": "a" * 16}))


def test_boxes_turn_there_and_back() -> None:
    boxes = Boxes(np.array([[3.0, 1, 0]]), np.ones((1, 3)), np.array([3.0]), np.array([[1.0, 2, 0]]), ("vehicle",), ("t",))
    pose = np.array([100.0, 200.0, 1.0])
    there = boxes.to_global(pose)
    assert np.allclose(there.to_ego(pose).xyz, boxes.xyz)
    assert there.heading[0] == pytest.approx(4.0 - 2 * np.pi)
    assert np.hypot(*there.velocity[0, :2]) == pytest.approx(np.hypot(1, 2))


def test_the_human_trajectory_is_in_the_ego_frame(small: NavsimData) -> None:
    human = small.scene(small.tokens[0]).human_trajectory()
    assert isinstance(human, Trajectory)
    assert human.poses.shape == (8, 3)
    assert np.all(np.diff(human.poses[:, 0]) > 0)
    assert small.scene(small.synthetic_tokens[0]).human_trajectory() is None
