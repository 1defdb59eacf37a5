"""The human filter on scenes of our own where the human fails on NC, DAC, DDC, TLC, LK or TTC, and the behaviour before 2025-09-29."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.errors import FormatError
from envs.driving.scene import Trajectory
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.human_filter import HumanFilter, filtered
from envs.driving.scoring.metric_cache import SceneCache
from envs.driving.scoring.score import human_scores, score
from tests.envs.driving.made_road import Thing, made_road, made_scene, plan, standing

ROAD = made_road()


def aside(y: float):
    """A human who goes over to ``y`` within a second and stays there."""
    return lambda t: (50.0 + 8.0 * t, y * min(t, 1.0), 0.0)


def cache_of(*things: Thing, **options) -> SceneCache:
    return build_scene_cache(made_scene(ROAD, things, **options), ROAD.map)


CASES = {
    "nc": (cache_of(standing("a", 75.0, 0.0)), plan()),
    "ttc": (cache_of(standing("a", 75.0, 0.0)), plan()),
    "dac": (cache_of(human=aside(-1.2)), plan(8.0, -0.9)),
    "ddc": (cache_of(human=aside(-6.0)), plan(10.0, -6.0)),
    "tlc": (cache_of(x=180.0, human=lambda t: (180.0 + 8.0 * t, 0.0, 0.0), lights=lambda t: ((ROAD.connectors[0], True),)), plan()),
    "lk": (cache_of(human=aside(1.3)), np.column_stack([plan()[:, 0], np.full(8, 0.9), np.zeros(8)])),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_human_fails_is_not_held_against_the_plan(name):
    cache, poses = CASES[name]
    human = human_scores(cache)
    assert human is not None
    assert human[name] == 0.0, "the case is made for a human who fails"
    scores = score(cache, [Trajectory(poses)])
    assert scores[f"raw_{name}"][0] == 0.0
    assert scores[name][0] == 1.0
    raw = score(cache, [Trajectory(poses)], human_filter=False)
    assert raw[name][0] == 0.0
    assert scores["score"][0] > raw["score"][0]
    assert scores["pdm_score"][0] == raw["pdm_score"][0], "that column is never filtered"


@pytest.mark.parametrize("name", CASES)
def test_before_2025_09_29_the_filter_changed_columns_and_not_the_score(name):
    cache, poses = CASES[name]
    old = score(cache, [Trajectory(poses)], human_filter="before-2025-09-29")
    assert old[name][0] == 1.0
    assert old["score"][0] == score(cache, [Trajectory(poses)], human_filter=False)["score"][0]
    assert old.human_filter is HumanFilter.BEFORE_2025_09_29


def test_half_does_not_trigger_and_no_human_means_no_filter():
    values = {"nc": np.array([0.0, 0.5]), "dac": np.array([0.0, 1.0])}
    assert filtered(values, {"nc": 0.5, "dac": 0.0})["nc"].tolist() == [0.0, 0.5]
    assert filtered(values, {"nc": 0.5, "dac": 0.0})["dac"].tolist() == [1.0, 1.0]
    assert filtered(values, None)["dac"].tolist() == [0.0, 1.0]


def test_ep_is_not_normalised_again_by_the_filter():
    cache, _ = CASES["lk"]
    plans = [Trajectory(plan(speed)) for speed in (3.0, 8.0)]
    np.testing.assert_array_equal(score(cache, plans)["ep"], score(cache, plans)["raw_ep"])


def test_reactive_traffic_reacts_to_the_human_when_the_human_is_scored():
    cache, poses = CASES["nc"]
    from envs.driving.traffic.simulate_traffic import Traffic

    assert human_scores(cache, Traffic.NAVSIM_V2) is not None
    assert score(cache, [Trajectory(poses)], traffic="reactive").human is not None


def test_options_that_do_not_exist_are_named():
    cache, poses = CASES["nc"]
    with pytest.raises(FormatError, match="no traffic"):
        score(cache, [Trajectory(poses)], traffic="replays")
    with pytest.raises(FormatError, match="made for v2"):
        score(cache, [Trajectory(poses)], version="v1")
    with pytest.raises(FormatError, match="human filter"):
        score(cache, [Trajectory(poses)], human_filter="offical")
