"""Folders of data: what is there, what is missing, and what is wrong with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from envs.driving.errors import DataError, DuplicateTokenError, FormatError, LogGapError, UnknownTokenError
from envs.driving.formats import NavsimData, SceneFilter, filter_named, published_split, published_splits, read_log, scene_of
from envs.driving.formats.pickling import write_pickle
from envs.driving.formats.sensors import images, read_image
from envs.driving.formats.unpickle import load_pickle
from envs.driving.scene import Camera, Frame, Scene


def edit_index(folder: Path, **changes: Any) -> None:
    file = folder / "index.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_coverage(small: NavsimData) -> None:
    assert small.coverage() == "7 of 7 scenes present"
    assert small.missing == ()


def test_missing_scenes_are_counted(copied: Path) -> None:
    edit_index(copied, tokens=[*NavsimData(copied).tokens, "0" * 16])
    (copied / "synth_two_stage" / "synthetic_scene_pickles" / "f89d43515d084e9cb.pkl").unlink()
    data = NavsimData(copied)
    assert data.coverage() == "6 of 8 scenes present"
    assert data.missing == ("0" * 16, "f89d43515d084e9cb")


def test_a_broken_log_is_counted_and_others_are_read(copied: Path) -> None:
    (copied / "navsim_logs" / "synth" / "broken.pkl").write_bytes(b"x")
    data = NavsimData(copied)
    assert data.coverage() == "7 of 7 scenes present; 1 of 2 logs cannot be read"
    assert [path.name for path in data.broken] == ["broken.pkl"]


def test_unknown_tokens_are_named(small: NavsimData) -> None:
    with pytest.raises(UnknownTokenError, match=r"has no scene nonsense"):
        small.scene("nonsense")


def test_a_scene_in_two_logs(copied: Path) -> None:
    shutil.copy(copied / "navsim_logs" / "synth" / "synth_c_red.pkl", copied / "navsim_logs" / "synth" / "again.pkl")
    with pytest.raises(DuplicateTokenError, match="both have a scene"):
        _ = NavsimData(copied).places


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"tokens": ["a", "a"]}, DuplicateTokenError, "names a twice"),
        ({"tokens": "a"}, DataError, "no list of text"),
        ({"mapping": [["a", "b"]]}, DataError, "no list of"),
        ({"mapping": [["a", "b", []]]}, UnknownTokenError, "mapping names a"),
    ],
)
def test_what_is_wrong_with_an_index(copied: Path, changes: dict[str, Any], error: type[Exception], said: str) -> None:
    edit_index(copied, **changes)
    with pytest.raises(error, match=said):
        NavsimData(copied)


def test_no_folder_no_logs_no_split(tmp_path: Path, small_folder: Path) -> None:
    with pytest.raises(DataError, match="is no folder"):
        NavsimData(tmp_path / "absent")
    with pytest.raises(DataError, match="holds no split"):
        _ = NavsimData(tmp_path).log_files
    with pytest.raises(DataError, match="has no split 'syn'"):
        _ = NavsimData(small_folder, split="syn").log_files


def test_windows_of_the_filter() -> None:
    assert list(SceneFilter(num_history=4, num_future=10).windows(42)) == [0, 14, 28]
    assert list(SceneFilter(num_history=4, num_future=8, frame_interval=1).windows(14)) == [0, 1, 2]
    assert list(SceneFilter().windows(13)) == []


def test_a_filter_instead_of_the_index(small_folder: Path) -> None:
    log = read_log(small_folder / "navsim_logs" / "synth" / "synth_c_red.pkl")
    data = NavsimData(small_folder, scene_filter=SceneFilter(frame_interval=1))
    assert data.tokens == tuple(frame.token for frame in log.frames[3:16])
    assert NavsimData(small_folder, scene_filter=SceneFilter(frame_interval=1, max_scenes=2)).tokens == data.tokens[:2]
    assert NavsimData(small_folder, scene_filter=SceneFilter(frame_interval=1, log_names=frozenset({"absent"}))).missing_logs == ("absent",)


def test_scenes_without_a_route_are_left_out_by_the_filter(copied: Path) -> None:
    file = copied / "navsim_logs" / "synth" / "synth_c_red.pkl"
    frames = load_pickle(file)
    frames[3]["roadblock_ids"] = []
    write_pickle(file, frames)
    filtered = NavsimData(copied, scene_filter=SceneFilter(frame_interval=1))
    assert filtered.tokens[0] == frames[4]["token"]
    assert NavsimData(copied, scene_filter=SceneFilter(frame_interval=1, has_route=False)).tokens[0] == frames[3]["token"]


def test_navsims_yaml(tmp_path: Path) -> None:
    file = tmp_path / "filter.yaml"
    file.write_text(
        "_target_: navsim.common.dataclasses.SceneFilter\nnum_future_frames: 8\nframe_interval: 1\nlog_names: [a]\ntokens: ['0e1', b]\n"
    )
    chosen = SceneFilter.from_yaml(file)
    assert (chosen.num_frames, chosen.tokens, chosen.log_names) == (12, ("0e1", "b"), frozenset({"a"}))
    file.write_text("num_future: 8\n")
    with pytest.raises(DataError, match="unknown key 'num_future'"):
        SceneFilter.from_yaml(file)
    file.write_text("[")
    with pytest.raises(DataError, match="no YAML"):
        SceneFilter.from_yaml(file)


def test_published_splits() -> None:
    assert published_split("navtest").scenes == 12146
    assert all(split.scene_filter.num_history == 4 for split in published_splits().values())
    with pytest.raises(DataError, match=r"navtset.*navtest"):
        published_split("navtset")


def test_a_gap_in_the_log(copied: Path) -> None:
    file = copied / "navsim_logs" / "synth" / "synth_c_red.pkl"
    frames = load_pickle(file)
    for frame in frames[8:]:
        frame["timestamp"] += 2_000_000
    write_pickle(file, frames)
    log = read_log(file)
    with pytest.raises(LogGapError, match=r"frames 7 and 8 of log synth_c_red are 2\.500 s apart"):
        scene_of(log, 5)
    assert len(scene_of(log, 5, allow_gaps=True).frames) == 14
    assert len(scene_of(log, 12).frames) == 14


def test_a_scene_needs_its_history(small_folder: Path) -> None:
    log = read_log(small_folder / "navsim_logs" / "synth" / "synth_c_red.pkl")
    with pytest.raises(FormatError, match="4 frames of history"):
        scene_of(log, 2)


def test_pictures_are_read_when_they_are_looked_at(copied: Path, small: NavsimData) -> None:
    scene = small.scene(small.tokens[0])
    camera = Camera("log/CAM_F0/a.png", np.eye(3), np.zeros(3), np.eye(3), np.zeros(5))
    about = {name: getattr(scene.current, name) for name in Frame.__dataclass_fields__}
    frame = Frame(**{**about, "cameras": {"CAM_F0": camera}})
    data = NavsimData(copied)
    views = images(data, scene, frame)
    with pytest.raises(DataError, match=r"no sensor file log/CAM_F0/a\.png"):
        _ = views["CAM_F0"]
    file = copied / "sensor_blobs" / "synth" / "log" / "CAM_F0" / "a.png"
    file.parent.mkdir(parents=True)
    Image.new("RGB", (4, 3), (1, 2, 3)).save(file)
    assert views["CAM_F0"].shape == (3, 4, 3)
    with pytest.raises(FormatError, match="has no camera CAM_B0"):
        read_image(data, scene, frame, "CAM_B0")
    file.write_bytes(b"x")
    with pytest.raises(FormatError, match="no whole picture"):
        read_image(data, scene, frame, "CAM_F0")


def test_scenes_check_themselves(small: NavsimData) -> None:
    scene = small.scene(small.tokens[0])
    with pytest.raises(FormatError, match="it needs 4 of history"):
        Scene("t", "l", "m", "s", scene.frames[:2])


def test_a_published_split_needs_its_list(small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAVSIM_DEVKIT_ROOT", raising=False)
    with pytest.raises(DataError, match=r"navtest is a list of 12,146 scenes, and .*navtest\.yaml is not there"):
        filter_named("navtest", tmp_path)
    (tmp_path / "navtest.yaml").write_text("num_future_frames: 10\nframe_interval: 1\ntokens: [26e3ece3f1110c03, absent]\n")
    chosen, split = filter_named("navtest", tmp_path)
    assert split == "test"
    assert NavsimData(small_folder, split="synth", scene_filter=chosen).coverage() == "1 of 2 scenes present"
    assert filter_named("mini", tmp_path)[0].frame_interval is None


def test_a_mapping_from_navsims_yaml(small_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "navhard_two_stage.yaml"
    file.write_text(
        "reactive_all_mapping:\n- - '26e3ece3f1110c03'\n  - '702372daede71b10'\n  - - - a9a9820e218d36d17\n      - f89d43515d084e9cb\n"
    )
    data = NavsimData(small_folder, mapping=file)
    assert data.tokens == ("26e3ece3f1110c03", "702372daede71b10")
    assert data.synthetic_tokens == ("a9a9820e218d36d17", "f89d43515d084e9cb")
    assert data.coverage() == "4 of 4 scenes present"
    file.write_text("data_split: test\n")
    with pytest.raises(DataError, match="holds no reactive_all_mapping"):
        NavsimData(small_folder, mapping=file)


def test_maps_elsewhere(copied: Path, small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(copied / "maps")
    monkeypatch.setenv("NUPLAN_MAPS_ROOT", str(small_folder / "maps"))
    assert NavsimData(copied).maps_root == small_folder / "maps"
    assert NavsimData(copied, maps=copied).maps_root == copied
