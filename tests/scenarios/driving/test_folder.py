"""What is written is what the readers of NAVSIM's formats read back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from envs.driving.formats import NavsimData
from envs.driving.map import Layer
from envs.driving.map.gpkg_schema import NUPLAN_VERSIONS
from envs.driving.scene import Boxes, Scene
from harness.errors import ConfigError
from scenarios.driving import scene_at
from scenarios.driving.command import main
from scenarios.driving.folder import Order, write_folder
from scenarios.driving.splits import TEST_ONLY_FORMS

N = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scenes") / "made"
    write_folder(out, Order("all", "test", 4, N))
    return out


def same_boxes(one: Boxes, other: Boxes, axes: int = 3) -> None:
    assert one.names == other.names
    assert one.track_tokens == other.track_tokens
    np.testing.assert_allclose(one.xyz[:, :axes], other.xyz[:, :axes], atol=1e-8)
    np.testing.assert_allclose(one.size, other.size)
    np.testing.assert_allclose(np.exp(1j * one.heading), np.exp(1j * other.heading), atol=1e-9)
    np.testing.assert_allclose(one.velocity, other.velocity, atol=1e-9)


def same_scene(read: Scene, made: Scene) -> None:
    assert (read.token, read.log_name, read.map_name, read.is_synthetic) == (made.token, made.log_name, made.map_name, made.is_synthetic)
    assert len(read.frames) == len(made.frames)
    assert read.horizon == made.horizon
    for one, other in zip(read.frames, made.frames, strict=True):
        assert (one.timestamp_us, one.roadblock_ids, one.traffic_lights) == (other.timestamp_us, other.roadblock_ids, other.traffic_lights)
        np.testing.assert_allclose(one.ego_pose, other.ego_pose, atol=1e-9)
        np.testing.assert_allclose(one.ego_velocity, other.ego_velocity, atol=1e-5)  # the format keeps float32
        np.testing.assert_array_equal(one.driving_command, other.driving_command)
        same_boxes(one.boxes, other.boxes)
    for k in range(read.horizon + 1):
        same_boxes(read.objects(k), made.objects(k), 2 if made.is_synthetic else 3)  # nuPlan's tracked objects have no height above ground
        assert read.lights(k) == made.lights(k)


def test_scenes_come_back(folder: Path) -> None:
    data = NavsimData(folder)
    assert not data.missing
    assert len(data.tokens) == 2 * N
    for index in range(N):
        made = scene_at("test", 4, index)
        same_scene(data.scene(made.scene.token), made.scene)
        same_scene(data.scene(made.previous.token), made.previous)
        now, before, pairs = next(entry for entry in data.mapping if entry[0] == made.scene.token)
        assert before == made.previous.token
        assert pairs == tuple((one.token, other.token) for one, other in made.second_stage)
        for pair in made.second_stage:
            for part in pair:
                read = data.scene(part.token)
                same_scene(read, part)
                assert read.original_token in (now, before)


def test_maps_come_back_with_the_same_ids(folder: Path) -> None:
    data = NavsimData(folder)
    assert set(json.loads((folder / "maps" / "nuplan-maps-v1.0.json").read_text())) == set(NUPLAN_VERSIONS)
    for index in range(N):
        made = scene_at("test", 4, index)
        whole, own = data.map(made.scene.map_name), made.map
        assert set(own.lanes.ids) <= set(whole.lanes.ids)
        for kind in Layer:
            for name in own.layer(kind).ids:
                np.testing.assert_allclose(whole.layer(kind).exterior(name), own.layer(kind).exterior(name), atol=1e-8)
        row, other = own.lanes.ids.index(own.lanes.ids[-1]), whole.lanes.ids.index(own.lanes.ids[-1])
        assert whole.lanes.stop_polygons[other] == own.lanes.stop_polygons[row]
        point = np.asarray(made.scene.current.ego_pose[:2])
        assert {whole.lanes.ids[i] for i in whole.lanes_at(point)} == {own.lanes.ids[i] for i in own.lanes_at(point)}


def test_tables(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    assert [row["token"] for row in rows] == list(NavsimData(folder).tokens)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["counts"]["scenes"] == N
    assert set(manifest["test_only"]["forms"]) == TEST_ONLY_FORMS
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_same_bytes_with_other_processes(folder: Path, tmp_path: Path) -> None:
    again = write_folder(tmp_path / "again", Order("all", "test", 4, N), workers=2)
    assert again["sha256"] == json.loads((folder / "manifest.json").read_text())["sha256"]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["make", "suite=red_light", "--n", "1", "--seed", "2", "--split", "val", "--no-two-stage", "--out", str(tmp_path / "a")]) == 0
    )
    assert "1 scenes (2 frames to score, 0 second-stage scenes" in capsys.readouterr().out
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["counts"]["situations"] == {"red_light": 1}
    assert main(["list", "--split", "test"]) == 0
    assert "test only (form)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["make", "suite=all", "--n", "0"], "--n 0"),
        (["make", "suite=al", "--n", "1"], "did you mean all"),
        (["make", "siute=all", "--n", "1"], "unknown word"),
        (["make", "suite=all", "--n", "1", "--split", "tests"], "did you mean test"),
        (["make", "suite=on_ramp", "--n", "1", "--split", "train"], "test split"),
        (["make", "suite=all", "--n", "1", "--seed", "-4"], "negative"),
        (["make", "suite=all", "--n", "1", "--images", "--size", "big"], "256x144"),
        (["make", "suite=all", "--n", "1", "--images", "--cameras", "CAM_X"], "CAM_"),
    ],
)
def test_bad_orders(arguments: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        main([*arguments, "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_never_writes_over_something(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigError, match="there already"):
        write_folder(tmp_path, Order("all", "test", 0, 1))
    assert (tmp_path / "file").read_text() == "mine"
