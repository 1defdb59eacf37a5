"""Scene caches on disk, without pickles."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from envs.driving.errors import CacheVersionError, FormatError, RouteError
from envs.driving.scene import Scene, Trajectory
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.metric_cache import SceneCache, scene_basis
from envs.driving.scoring.score import score
from tests.envs.driving.made_road import LANE, driving, made_road, made_scene, plan, standing

ROAD = made_road()
SCENE = made_scene(ROAD, [standing("a", 80.0, 0.0), driving("b", 60.0, LANE, 6.0), standing("c", 60.0, -6.0, "pedestrian")], lights=lambda t: ((ROAD.connectors[0], True),))  # fmt: skip


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_cache_read_back_gives_the_same_scores(tmp_path, version):
    cache = build_scene_cache(SCENE, ROAD.map, version)
    cache.save(tmp_path / "scene.npz")
    again = SceneCache.load(tmp_path / "scene.npz")
    plans = [Trajectory(plan(speed)) for speed in (0.0, 5.0, 9.0)]
    kinds = ("log-replay",) if version == "v1" else ("log-replay", "reactive", "idm")
    for kind in kinds:
        ours, theirs = score(cache, plans, version=version, traffic=kind), score(again, plans, version=version, traffic=kind)
        for name, column in ours.columns.items():
            np.testing.assert_array_equal(column, theirs[name])
        assert ours.snapshot == theirs.snapshot


def test_the_snapshot_names_the_data():
    other = made_scene(ROAD, [standing("a", 80.5, 0.0)])
    assert build_scene_cache(SCENE, ROAD.map).snapshot != build_scene_cache(other, ROAD.map).snapshot
    assert build_scene_cache(SCENE, ROAD.map).snapshot == build_scene_cache(SCENE, ROAD.map).snapshot


def test_another_version_of_the_file_is_refused(tmp_path):
    path = tmp_path / "scene.npz"
    build_scene_cache(SCENE, ROAD.map).save(path)
    with np.load(path) as stored:
        arrays: dict[str, Any] = dict(stored)
    header = {**json.loads(str(arrays["header"])), "cache_version": -1}
    np.savez(path, **{**arrays, "header": np.array(json.dumps(header))})
    with pytest.raises(CacheVersionError, match="version -1"):
        SceneCache.load(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_what_is_no_cache_is_named(tmp_path, content):
    (tmp_path / "scene.npz").write_bytes(content)
    with pytest.raises(FormatError, match="no scene cache"):
        SceneCache.load(tmp_path / "scene.npz")


def test_scenes_too_short_or_without_route_are_refused():
    short = Scene(SCENE.token, "made", "made", "made", SCENE.frames[:9])
    with pytest.raises(FormatError, match="ends"):
        scene_basis(short, ROAD.map)
    with pytest.raises(RouteError):
        scene_basis(made_scene(ROAD, route=()), ROAD.map)
    with pytest.raises(FormatError, match="version"):
        scene_basis(SCENE, ROAD.map, "v3")


def test_a_scene_needs_its_map():
    with pytest.raises(FormatError, match="map"):
        score(SCENE, [Trajectory(plan())])
    assert score(SCENE, [Trajectory(plan())], driving_map=ROAD.map)["score"][0] >= 0.0
