"""NAVSIM's reactive traffic: its quirks one by one, and dense scenes against the slow reference."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.scene import Trajectory
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.metric_cache import SceneCache
from envs.driving.scoring.score import drive
from envs.driving.traffic.navsim_idm import reactive_objects
from envs.driving.traffic.rails import build_rails
from envs.driving.traffic.simulate_traffic import Traffic, simulated_objects
from envs.driving.traffic.tracks import Moment, tracks_of
from tests.envs.driving.made_road import LANE, Thing, driving, made_road, made_scene, plan, standing
from tests.envs.driving.traffic.slow_idm import slow_traffic

ROAD = made_road()


def cache_of(*things: Thing, **options) -> SceneCache:
    return build_scene_cache(made_scene(ROAD, things, **options), ROAD.map)


def among(cache: SceneCache, speed: float = 8.0):
    states = drive(cache, [Trajectory(plan(speed))])[0]
    return simulated_objects(cache, states, Traffic.NAVSIM_V2)


def travelled(objects, k: int = 0) -> float:
    return float(np.hypot(*(objects.centre[40, k] - objects.centre[0, k])))


def test_r1_lights_are_not_seen_and_every_agent_brakes_for_the_end_of_its_lane():
    near_end = among(cache_of(driving("a", 170.0, LANE, 10.0)))
    far_from_it = among(cache_of(driving("a", 80.0, LANE, 10.0)))
    assert travelled(near_end) < 28.0 < 36.0 < travelled(far_from_it)
    red = among(cache_of(driving("a", 170.0, LANE, 10.0), lights=lambda t: ((ROAD.connectors[1], True),)))
    np.testing.assert_array_equal(red.centre, near_end.centre)


def test_agents_brake_for_the_ego_and_not_for_what_only_replays():
    behind = cache_of(driving("a", 35.0, 0.0, 8.0))
    assert travelled(among(behind, 0.0)) < travelled(among(behind, 8.0)) - 5.0
    walker = cache_of(driving("a", 20.0, 0.0, 8.0), standing("p", 40.0, 0.0, "pedestrian"), x=150.0)
    alone = cache_of(driving("a", 20.0, 0.0, 8.0), x=150.0)
    np.testing.assert_array_equal(among(walker).centre[:, 0], among(alone).centre[:, 0])


def test_r2_and_r3_the_ego_is_seen_a_step_late_and_too_far_back():
    """An agent beside the ego's true front is not held up by it: its box is centred on the rear axle."""
    cache = cache_of(driving("a", 35.0, 0.0, 8.0))
    states = drive(cache, [Trajectory(plan(8.0))])[0]
    assert cache.rails is not None
    late = reactive_objects(states, cache.rails, cache.tracks, cache.objects)
    shifted = states.copy()
    shifted[40] += 5.0  # the last state has no effect: agents of step 40 answer state 39
    np.testing.assert_array_equal(reactive_objects(shifted, cache.rails, cache.tracks, cache.objects).centre, late.centre)


def test_r5_agents_far_from_the_ego_vanish_for_good_and_parked_ones_beside_the_road_stay():
    objects = among(cache_of(driving("a", 148.0, LANE, 13.0), standing("b", 80.0, -8.0), x=50.0, speed=0.0), 0.0)
    gone = np.flatnonzero(~objects.present[:, 0])
    assert len(gone)
    assert (gone == np.arange(gone[0], 41)).all()
    assert objects.present[:, 1].all()


def test_vehicles_that_neither_react_nor_stay_are_gone_after_the_first_step():
    moving_off_road = among(cache_of(driving("a", 60.0, -8.0, 3.0)))
    assert moving_off_road.present[0, 0]
    assert not moving_off_road.present[1:, 0].any()


def test_ghosts_of_vehicles_never_appear_and_others_do_not_at_first():
    later = Thing("g", lambda t: (70.0, 0.0, 0.0) if t == 2.0 else None)
    assert not among(cache_of(later)).present.any()
    cone = Thing("g", lambda t: (70.0, 0.0, 0.0) if t == 2.0 else None, "traffic_cone")
    present = among(cache_of(cone)).present[:, 0]
    assert not present[0]
    assert present[1:].all()


def test_r4_a_lane_without_limit_inherits_the_one_before_it():
    road = made_road(None)
    now = Moment(np.array([[60.0, LANE, 0.0]]), np.array([[9.0, 0.0]]), np.array([[4.6, 1.9]]), ("vehicle",), ("a",))
    assert build_rails(now, road.map, np.zeros((4, 2))).target.tolist() == [10.0]


def dense(rng: np.random.Generator, count: int) -> Moment:
    poses, velocity, size = [], [], []
    for _ in range(count):
        lane = rng.integers(2)
        x = rng.uniform(5.0, 198.0)
        aside = rng.normal(0.0, 0.4) if rng.random() < 0.85 else rng.normal(0.0, 4.0)
        speed = rng.choice([0.0, 0.05, 3.0, 6.0, 9.0, 13.0])
        poses.append([x, lane * LANE + aside, rng.normal(0.0, 0.05)])
        velocity.append([speed, 0.0])
        size.append([rng.uniform(3.8, 8.0), rng.uniform(1.6, 2.5)])
    return Moment(np.array(poses), np.array(velocity), np.array(size), ("vehicle",) * count, tuple(f"{k:016x}" for k in range(count)))


@pytest.mark.parametrize("seed", range(4))
def test_dense_traffic_is_that_of_the_slow_reference(seed):
    """Queues with many equally near leads, whose order is that of shapely's tree."""
    rng = np.random.default_rng(seed)
    cache = cache_of(x=80.0)
    now = dense(rng, 12 + 4 * seed)
    ego = drive(cache, [Trajectory(plan(rng.uniform(0, 12), rng.uniform(-1, 3)))])[0]
    tracks = tracks_of([now] * 9)
    objects = reactive_objects(ego, build_rails(now, ROAD.map, cache.ego_corners), tracks, tracks.objects())
    for t, shown in enumerate(slow_traffic(now, ROAD.map, ego, cache.ego_corners), 1):
        assert set(np.flatnonzero(objects.present[t])) == set(shown), f"step {t}"
        for k, pose in shown.items():
            assert np.abs(objects.centre[t, k] - pose[:2]).max() < 5e-3, f"step {t}, vehicle {k}"
