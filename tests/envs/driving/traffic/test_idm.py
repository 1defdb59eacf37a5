"""Corrected traffic: what NAVSIM's lacks."""

from __future__ import annotations

import numpy as np

from envs.driving.scene import Trajectory
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.metric_cache import SceneCache
from envs.driving.scoring.score import drive, score
from envs.driving.traffic.idm import IdmTraffic
from envs.driving.traffic.idm_routes import build_routes
from envs.driving.traffic.simulate_traffic import Traffic, simulated_objects
from envs.driving.traffic.tracks import moment
from tests.envs.driving.made_road import LANE, Thing, driving, made_road, made_scene, plan, standing

ROAD = made_road()
FAR_EGO = np.array([400.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def traffic_of(*things: Thing) -> IdmTraffic:
    return IdmTraffic(build_routes(moment(made_scene(ROAD, things), 0), ROAD.map))


def run(traffic: IdmTraffic, steps: int, lights=(), ego=FAR_EGO) -> np.ndarray:
    """Poses (steps, A, 3)."""
    return np.stack([traffic.step(ego, lights).copy() for _ in range(steps)])


def cache_of(*things: Thing, **options) -> SceneCache:
    return build_scene_cache(made_scene(ROAD, things, **options), ROAD.map)


def test_routes_go_on_beyond_the_lane():
    poses = run(traffic_of(driving("a", 170.0, LANE, 10.0)), 80)
    assert poses[-1, 0, 0] > 240.0
    assert np.abs(poses[:, 0, 1] - LANE).max() < 1e-6


def test_red_lights_are_obeyed_and_green_ones_are_not_waited_for():
    red = ((ROAD.connectors[1], True),)
    traffic = traffic_of(driving("a", 160.0, LANE, 10.0))
    stopped = run(traffic, 150, red)
    front = stopped[:, 0, 0] + 2.3
    assert front.max() < 200.0
    assert front[-1] > 195.0
    assert traffic.speed[0] < 0.05
    gone = run(traffic, 100)
    assert gone[-1, 0, 0] > 230.0


def test_vehicles_queue_without_touching():
    poses = run(traffic_of(*[driving(f"{k}", 185.0 - 12.0 * k, LANE, 8.0) for k in range(6)]), 200, ((ROAD.connectors[1], True),))
    gaps = -np.diff(poses[-1, :, 0]) - 4.6
    assert gaps.min() > 1.0
    assert np.diff(poses[..., 0], axis=1).max() < -4.6


def test_the_ego_is_seen_where_it_is():
    ego = np.zeros(11)
    ego[:3] = 120.0, LANE, 0.0
    poses = run(traffic_of(driving("a", 60.0, LANE, 12.0)), 150, ego=ego)
    assert poses[-1, 0, 0] + 2.3 < 120.0 - 1.127
    assert poses[-1, 0, 0] + 2.3 > 112.0


def test_steps_alone_are_the_batched_simulation():
    things = [driving("a", 60.0, LANE, 9.0), driving("b", 75.0, LANE, 5.0), standing("p", 90.0, -6.0, "pedestrian")]
    cache = cache_of(*things)
    assert cache.routes is not None
    states = drive(cache, [Trajectory(plan())])[0]
    objects = simulated_objects(cache, states, Traffic.IDM)
    assert objects.present.all()
    again = simulated_objects(cache, states, Traffic.IDM)
    np.testing.assert_array_equal(objects.centre, again.centre)
    assert (objects.centre[40, 2] == objects.centre[0, 2]).all()
    traffic = IdmTraffic(cache.routes)
    first = run(traffic, 20, ego=states[0])
    traffic.reset()
    np.testing.assert_array_equal(first, run(traffic, 20, ego=states[0]))


def test_parked_vehicles_stay_unless_they_wait_at_a_light():
    parked = cache_of(standing("a", 100.0, LANE))
    assert parked.routes is not None
    assert len(parked.routes.agents) == 0
    waiting = cache_of(standing("a", 190.0, LANE), lights=lambda t: ((ROAD.connectors[1], t < 1.0),))
    assert waiting.routes is not None
    assert waiting.routes.agents.tolist() == [0]
    states = drive(waiting, [Trajectory(plan())])[0]
    moved = simulated_objects(waiting, states, Traffic.IDM).centre[:, 0, 0]
    assert moved[10] - moved[0] < 6.0
    assert moved[40] - moved[10] > 3.0


def test_a_vehicle_that_leaves_the_map_is_gone():
    traffic = traffic_of(driving("a", 190.0, LANE, 13.0))
    run(traffic, 250)
    assert not traffic.alive[0]


def test_the_kind_of_traffic_is_named_in_the_result():
    cache = cache_of(driving("a", 60.0, LANE, 9.0))
    plans = [Trajectory(plan())]
    assert [score(cache, plans, traffic=name).traffic for name in ("log-replay", "reactive", "navsim-v2", "idm")] == [
        "log-replay",
        "navsim-v2",
        "navsim-v2",
        "idm",
    ]
