"""The LeRobot folder against the demonstrations that it is made of.

``GAUNTLET_LEROBOT_PYTHON`` names the interpreter of an environment with lerobot (docs/lerobot.md); without it the test that reads the folder with lerobot itself is skipped.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from agents.training import lerobot_format
from agents.training.command import main
from agents.training.domain import domain_named
from agents.training.lerobot_export import FEATURES, NOWHERE, ROBOTS, export_lerobot
from agents.training.lerobot_files import Limits
from agents.training.lerobot_repeat import Repeated
from agents.training.recipe import recipe_named
from agents.training.record import Recording, record, save_shard
from harness.errors import AgentError, ConfigError
from tests.agents.training.conftest import POINTS, PROJECTION, recording

CAMERA = "observation.images.third_person"
SMALL = Limits(chunk_files=2, data_mb=0.003, video_mb=0.02)  # a few episodes a file
RECIPE = replace(recipe_named("st4vla-tabletop"), episodes=6)


def picture(seed: int, step: int) -> np.ndarray:
    """Smooth, coloured, and unlike that of any other step."""
    y, x = np.mgrid[0:128, 0:128]
    image = np.stack([x + y, 255 - x, 90 + 0 * x], -1).astype(np.uint8)
    image[10 + 9 * step : 30 + 9 * step, 5 + 7 * (seed % 15) : 25 + 7 * (seed % 15)] = (230, 40 + 10 * step, 30)
    return image


def demonstration(seed: int) -> Recording:
    """Of odd or even length; seed 2 failed; every third step has its picture."""
    made = recording(seed, steps=7 + seed % 3, success=seed != 2)
    made.frames["image"] = [picture(seed, step) for step in made.frames["step"]]
    if seed % 2:
        made.task, made.instruction = "Pick", f"pick up the red cube, number {seed}"
        made.steps["target"] = [np.full(3, np.nan, np.float32) for _ in made.steps["target"]]
        made.steps["place"] = [np.full(3, np.nan, np.float32) for _ in made.steps["place"]]
        made.steps["subtask"] = ["reach the red cube"] * 4 + ["lift the red cube"] * (len(made.steps["subtask"]) - 4)
    return made


def repeat(suite: str, task: str, seed: int) -> Repeated:
    """What the simulator would give for :func:`demonstration`."""
    made = demonstration(seed)
    steps = {name: np.stack([np.asarray(value) for value in values]) for name, values in made.steps.items()}
    count = len(steps["action"])
    executed = steps["action"] + steps["disturbed"][:, None].astype(np.float32)
    return Repeated(
        made.instruction, steps, np.stack([picture(seed, step) for step in range(count)]), executed, np.arange(count) > count - 3
    )


SEEDS = (0, 1, 3, 4, 5, 100_000)  # in the order of the shards, without the failed one


@dataclass
class Source:
    """All that should be in the folder, of all episodes one after the other."""

    episodes: list[Repeated]

    def joined(self, name: str) -> np.ndarray:
        return np.concatenate([episode.steps[name] for episode in self.episodes])

    @property
    def frames(self) -> np.ndarray:
        return np.concatenate([episode.frames for episode in self.episodes])

    @property
    def lengths(self) -> list[int]:
        return [len(episode.frames) for episode in self.episodes]


@pytest.fixture(scope="module")
def source() -> Source:
    return Source([repeat("tabletop", "", seed) for seed in SEEDS])


@pytest.fixture(scope="module")
def demonstrations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demonstrations")
    save_shard(folder / "0000000", [demonstration(seed) for seed in range(4)], PROJECTION)
    save_shard(folder / "0000004", [demonstration(seed) for seed in range(4, 9)], PROJECTION)  # 6 and on: not of the recipe
    save_shard(folder / "0100000", [demonstration(100_000)], PROJECTION)
    return folder


@pytest.fixture(scope="module")
def exported(demonstrations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lerobot") / "folder"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lerobot_format, "EPISODES_AT_ONCE", 2)
        said = export_lerobot(RECIPE, demonstrations, out, limits=SMALL, repeat=repeat)
    assert str(said) == ("6 episodes, 47 frames; 1 failed demonstrations left out; only 7 of the recipe's 12 demonstrations are recorded")
    return out


def rows(out: Path, folder: str) -> list[dict[str, Any]]:
    return [row for path in sorted((out / folder).rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_info_describes_what_is_there(exported: Path, source: Source):
    info = json.loads((exported / "meta/info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["robot_type"]) == ("v3.0", 5, "panda")
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (6, sum(source.lengths), 4)
    assert info["splits"] == {"train": "0:6"}
    assert info["features"][CAMERA]["shape"] == [128, 128, 3]
    table = pq.read_table(exported / info["data_path"].format(chunk_index=0, file_index=0))
    features = {name: feature for name, feature in info["features"].items() if feature["dtype"] != "video"}
    assert table.column_names == list(features)
    for name, feature in features.items():
        column = table.schema.field(name).type
        expected = {"float32": "float"}.get(feature["dtype"], feature["dtype"])
        length = feature["shape"][0]
        assert str(column) == (expected if length == 1 else f"fixed_size_list<element: {expected}>[{length}]"), name
        assert feature["names"] is None or len(feature["names"]) == length
    policy = [name for name in info["features"] if name.startswith(("observation", "action"))]
    assert policy == [CAMERA, "observation.state", "action"]  # what lerobot hands to a policy: nothing of the truth


def test_every_step_is_there_as_recorded(exported: Path, source: Source):
    data = rows(exported, "data")
    column = {name: np.array([row[name] for row in data]) for name in data[0]}
    np.testing.assert_array_equal(column["observation.state"], source.joined("eef"))
    np.testing.assert_array_equal(column["action"], source.joined("action"))
    np.testing.assert_array_equal(column["disturbed"], source.joined("disturbed"))
    np.testing.assert_array_equal(column["executed_action"], np.concatenate([episode.executed for episode in source.episodes]))
    np.testing.assert_array_equal(column["next.success"], np.concatenate([episode.success for episode in source.episodes]))
    np.testing.assert_array_equal(column["index"], np.arange(len(data)))
    np.testing.assert_array_equal(column["episode_index"], np.repeat(np.arange(6), source.lengths))
    np.testing.assert_array_equal(column["frame_index"], np.concatenate([np.arange(length) for length in source.lengths]))
    np.testing.assert_allclose(column["timestamp"], column["frame_index"] / 5, atol=1e-6)
    np.testing.assert_array_equal(np.flatnonzero(column["next.done"]), np.cumsum(source.lengths) - 1)
    tasks, subtasks = (pd.read_parquet(exported / f"meta/{name}.parquet") for name in ("tasks", "subtasks"))
    assert tasks["task_index"].tolist() == list(range(4))
    assert [tasks.index[number] for number in column["task_index"]] == [
        episode.instruction for episode in source.episodes for _ in episode.frames
    ]
    assert [subtasks.index[number] for number in column["subtask_index"]] == source.joined("subtask").tolist()


def test_points_are_where_the_camera_sees_the_things(exported: Path):
    data = rows(exported, "data")
    placed, picked = data[0]["truth.points"], data[7]["truth.points"]
    for number, point in enumerate((POINTS[0], POINTS[1], POINTS[1] + [0, 0, 0.004])):
        u, v, w = PROJECTION @ np.append(point, 1.0)
        assert placed[2 * number : 2 * number + 2] == pytest.approx([u / w, v / w], abs=1e-6)
    assert picked[:2] == placed[:2]
    assert picked[2:] == [NOWHERE] * 4


def test_episodes_say_where_they_lie(exported: Path, source: Source):
    info = json.loads((exported / "meta/info.json").read_text())
    episodes = rows(exported, "meta/episodes")
    assert [row["length"] for row in episodes] == source.lengths
    assert [row["gauntlet/seed"] for row in episodes] == list(SEEDS)
    assert [row["gauntlet/task"] for row in episodes] == ["PutOn", "Pick", "Pick", "PutOn", "Pick", "PutOn"]
    assert [row["tasks"] for row in episodes] == [[episode.instruction] for episode in source.episodes]
    files = {(row["data/chunk_index"], row["data/file_index"]) for row in episodes}
    videos = {(row[f"videos/{CAMERA}/chunk_index"], row[f"videos/{CAMERA}/file_index"]) for row in episodes}
    assert {(0, 0), (0, 1), (1, 0)} <= files & videos  # the small limits were reached, and so was the end of a chunk
    begin = 0
    for row in episodes:
        place = {"chunk_index": row["data/chunk_index"], "file_index": row["data/file_index"]}
        table = pq.read_table(exported / info["data_path"].format(**place))
        mine = [step["index"] for step in table.to_pylist() if step["episode_index"] == row["episode_index"]]
        assert mine == list(range(row["dataset_from_index"], row["dataset_to_index"]))
        assert row["dataset_from_index"] == begin
        begin = row["dataset_to_index"]
    meta = exported / "meta/episodes"
    assert len(list(meta.rglob("*.parquet"))) > 1
    for path in meta.rglob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            assert path == meta / f"chunk-{row['meta/episodes/chunk_index']:03d}/file-{row['meta/episodes/file_index']:03d}.parquet"


def test_every_frame_of_the_video_is_its_steps_image(exported: Path, source: Source):
    info = json.loads((exported / "meta/info.json").read_text())
    decoded: dict[Path, dict[float, np.ndarray]] = {}
    for path in sorted((exported / "videos").rglob("*.mp4")):
        with av.open(str(path)) as file:
            assert file.streams.video[0].average_rate == 5
            decoded[path] = {float(frame.time or 0.0): frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)}
    assert sum(map(len, decoded.values())) == info["total_frames"] == len(source.frames)
    for row in rows(exported, "meta/episodes"):
        prefix = f"videos/{CAMERA}"
        place = {"chunk_index": row[f"{prefix}/chunk_index"], "file_index": row[f"{prefix}/file_index"]}
        frames = decoded[exported / info["video_path"].format(video_key=CAMERA, **place)]
        begin, end = row[f"{prefix}/from_timestamp"], row[f"{prefix}/to_timestamp"]
        assert end - begin == pytest.approx(row["length"] / 5)
        for step in range(row["length"]):
            time = min(frames, key=lambda t: abs(t - begin - step / 5))
            assert time == pytest.approx(begin + step / 5, abs=1e-6)  # lerobot's tolerance is 1e-4
            difference = np.abs(frames[time].astype(float) - picture(row["gauntlet/seed"], step)).mean()
            assert difference < 1.5
            other = np.abs(frames[time].astype(float) - picture(row["gauntlet/seed"], step + 1)).mean()
            assert other > 2 * difference


def test_statistics_are_those_of_the_source(exported: Path, source: Source):
    def refuse(text: str) -> None:
        raise AssertionError(text)

    statistics = json.loads((exported / "meta/stats.json").read_text(), parse_constant=refuse)  # no NaN, no infinity
    assert set(statistics) == {CAMERA, *FEATURES, "timestamp", "frame_index", "episode_index", "index", "task_index", "subtask_index"}
    action = source.joined("action").astype(np.float64)
    assert statistics["action"]["count"] == [len(action)]
    for name, expected in {
        "min": action.min(0),
        "max": action.max(0),
        "mean": action.mean(0),
        "std": action.std(0),
        "q10": np.quantile(action, 0.1, axis=0),
        "q99": np.quantile(action, 0.99, axis=0),
    }.items():
        np.testing.assert_allclose(statistics["action"][name], expected, err_msg=name)
    pixels = source.frames / 255
    assert np.shape(statistics[CAMERA]["mean"]) == (3, 1, 1)
    np.testing.assert_allclose(np.ravel(statistics[CAMERA]["mean"]), pixels.mean((0, 1, 2)))
    np.testing.assert_allclose(np.ravel(statistics[CAMERA]["std"]), pixels.std((0, 1, 2)))
    np.testing.assert_allclose(np.ravel(statistics[CAMERA]["max"]), pixels.max((0, 1, 2)))
    np.testing.assert_allclose(np.ravel(statistics[CAMERA]["q90"]), np.quantile(pixels, 0.9, axis=(0, 1, 2)), atol=1 / 255)
    first = rows(exported, "meta/episodes")[0]
    np.testing.assert_allclose(first["stats/action/std"], source.episodes[0].steps["action"].astype(np.float64).std(0))
    np.testing.assert_allclose(np.ravel(first[f"stats/{CAMERA}/mean"]), source.episodes[0].frames.mean((0, 1, 2)) / 255)


def test_two_exports_have_the_same_bytes(exported: Path, demonstrations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lerobot_format, "EPISODES_AT_ONCE", 2)
    export_lerobot(RECIPE, demonstrations, tmp_path / "again", limits=SMALL, repeat=repeat)
    first, second = (
        {path.relative_to(root): path for path in root.rglob("*") if path.is_file()} for root in (exported, tmp_path / "again")
    )
    assert first.keys() == second.keys()
    for name, path in first.items():
        assert path.read_bytes() == second[name].read_bytes(), name


def test_a_demonstration_that_does_not_repeat_is_refused(demonstrations: Path, tmp_path: Path):
    def drifted(suite: str, task: str, seed: int) -> Repeated:
        again = repeat(suite, task, seed)
        if seed == 3:
            again.steps["eef"][-1, 0] += 1e-6
        return again

    with pytest.raises(AgentError, match="Pick, seed 3 does not repeat: its eef differs"):
        export_lerobot(RECIPE, demonstrations, tmp_path / "out", repeat=drifted)
    assert not (tmp_path / "out").exists()
    with pytest.raises(AgentError, match="the instruction is now"):
        export_lerobot(RECIPE, demonstrations, tmp_path / "out", repeat=lambda *job: replace(repeat(*job), instruction="grab it"))


def test_images_that_render_differently_are_counted(demonstrations: Path, tmp_path: Path):
    def brighter(suite: str, task: str, seed: int) -> Repeated:
        again = repeat(suite, task, seed)
        again.frames[3] = np.minimum(again.frames[3], 250) + 1
        return again

    said = export_lerobot(RECIPE, demonstrations, tmp_path / "out", repeat=brighter)
    assert said.other_images == 6  # step 3 of six episodes
    assert "6 images are rendered differently" in str(said)


def test_what_it_refuses(exported: Path, demonstrations: Path, tmp_path: Path):
    with pytest.raises(ConfigError, match="is there already"):
        main(["st4vla-tabletop", "--data", str(demonstrations), "--lerobot", str(exported)])
    with pytest.raises(AgentError, match="no demonstrations of st4vla-tabletop"):
        export_lerobot(RECIPE, tmp_path, tmp_path / "out")
    with pytest.raises(ConfigError, match="no LeRobot export"):
        export_lerobot(replace(RECIPE, suite="elsewhere"), demonstrations, tmp_path / "out")
    save_shard(tmp_path / "failed" / "0000002", [demonstration(2)], PROJECTION)
    with pytest.raises(AgentError, match="no successful demonstration"):
        export_lerobot(RECIPE, tmp_path / "failed", tmp_path / "out", repeat=repeat)
    save_shard(tmp_path / "held_out" / "1000000", [demonstration(1_000_000)], PROJECTION)
    with pytest.raises(AgentError, match="held out"):
        export_lerobot(replace(RECIPE, workers=11), tmp_path / "held_out", tmp_path / "out", repeat=repeat)


@pytest.mark.sim
def test_the_simulator_repeats_what_it_recorded(tmp_path: Path):
    """Two demonstrations, recorded with an image of every third step, exported with all of them."""
    recipe = replace(RECIPE, episodes=2, workers=1)
    domain = domain_named(recipe.suite)
    env = domain.make(64)
    assert env.metadata["control_hz"] == ROBOTS["tabletop"][1]
    env.close()
    record(domain, tmp_path / "data", 2, 0)
    said = export_lerobot(recipe, tmp_path / "data", tmp_path / "out", processes=1)
    assert (said.found, said.other_images) == (2, 0)
    with np.load(tmp_path / "data" / "0000000.npz") as shard:
        assert said.frames == shard["step_count"][shard["success"]].sum()
        disturbed = shard["step.disturbed"]
    data = rows(tmp_path / "out", "data")
    differ = np.array([row["action"] != row["executed_action"] for row in data])
    assert differ[disturbed].any()
    assert not differ[~disturbed].any()


@pytest.mark.slow
@pytest.mark.lerobot
@pytest.mark.skipif("GAUNTLET_LEROBOT_PYTHON" not in os.environ, reason="GAUNTLET_LEROBOT_PYTHON names no interpreter with lerobot")
def test_lerobot_reads_it(exported: Path, source: Source, tmp_path: Path):
    """lerobot's own reader, in its own environment, finds every value, image and text of the source."""
    script = Path(__file__).with_name("lerobot_reading.py")
    environment = {**os.environ, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    command = [os.environ["GAUNTLET_LEROBOT_PYTHON"], str(script), str(exported), str(tmp_path / "read.npz")]
    subprocess.run(command, check=True, env=environment, timeout=500)
    found = np.load(tmp_path / "read.npz")
    print("read with", ", ".join(found["versions"]))
    assert found["chosen"].tolist() == list(range(len(source.frames)))
    data = rows(exported, "data")
    for name in data[0]:
        np.testing.assert_array_equal(
            found[f"item.{name}"], np.array([row[name] for row in data], found[f"item.{name}"].dtype), err_msg=name
        )
    np.testing.assert_array_equal(found["item.action"], source.joined("action"))
    np.testing.assert_array_equal(found["item.observation.state"], source.joined("eef"))
    assert found["task"].tolist() == [episode.instruction for episode in source.episodes for _ in episode.frames]
    assert found["subtask"].tolist() == source.joined("subtask").tolist()
    images = found[f"item.{CAMERA}"].transpose(0, 2, 3, 1) * 255
    assert np.abs(images - source.frames).mean(axis=(1, 2, 3)).max() < 1.5
    ends = np.repeat(np.cumsum(source.lengths), source.lengths)
    ahead = np.arange(len(images))[:, None] + np.arange(3)
    np.testing.assert_array_equal(found["chunk_pad"], ahead >= ends[:, None])
    np.testing.assert_array_equal(found["chunk"], source.joined("action")[np.minimum(ahead, ends[:, None] - 1)])
    np.testing.assert_array_equal(found["subset.index"], np.arange(len(images) - source.lengths[-1], len(images)))
    np.testing.assert_allclose(found["subset.image"], found[f"item.{CAMERA}"][-source.lengths[-1]])
    assert found["batch"].tolist() == [4, 3, 128, 128]
    assert found["policy"].tolist() == ["action", CAMERA, "observation.state"]
    assert found["episodes"][-1] == f"PutOn 100000 {source.lengths[-1]}"
    first = rows(exported, "meta/episodes")[0]
    for name in data[0]:
        theirs = {
            statistic: np.ravel(found[f"stats.{name}.{statistic}"]).astype(float) for statistic in ("min", "max", "mean", "std", "count")
        }
        ours = {statistic: np.array(first[f"stats/{name}/{statistic}"]) for statistic in theirs}
        for statistic in ("min", "max", "mean", "count"):
            np.testing.assert_allclose(ours[statistic], theirs[statistic], rtol=1e-5, atol=1e-6, err_msg=f"{name} {statistic}")
        # lerobot subtracts the squared mean from the mean square in the column's own type: float32 leaves that much of the variance
        rounding = 4 * np.finfo(np.float32).eps * np.maximum(theirs["min"] ** 2, theirs["max"] ** 2)
        assert (np.abs(ours["std"] ** 2 - theirs["std"] ** 2) <= 1e-5 * ours["std"] ** 2 + rounding).all(), name
    np.testing.assert_allclose(found["global"], source.joined("action").mean(0, dtype=np.float64))
    assert math.isfinite(float(found["global"].sum()))
