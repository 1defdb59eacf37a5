"""What each metric says of drives that are made for it: the rules of the specification, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.scene import Trajectory
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.metric_cache import SceneCache
from envs.driving.scoring.score import score
from tests.envs.driving.made_road import LANE, driving, made_road, made_scene, plan, standing

ROAD = made_road()


def cache_of(*things, version: str = "v2", **options) -> SceneCache:
    return build_scene_cache(made_scene(ROAD, things, **options), ROAD.map, version)


def scored(cache: SceneCache, *plans: np.ndarray, **options):
    return score(cache, [Trajectory(poses) for poses in plans], human_filter=False, **options)


def test_a_drive_along_the_empty_lane_has_no_fault():
    scores = scored(cache_of(), plan())
    for name in ("raw_nc", "raw_dac", "raw_ddc", "raw_tlc", "raw_ttc", "raw_lk", "raw_hc"):
        assert scores[name][0] == 1.0, name
    assert scores["progress_m"][0] == pytest.approx(32.0, abs=0.2)


@pytest.mark.parametrize(
    ("name", "nc"),
    [
        ("vehicle", 0.0),
        ("pedestrian", 0.0),
        ("bicycle", 0.0),
        ("traffic_cone", 0.5),
        ("barrier", 0.5),
        ("czone_sign", 0.5),
        ("generic_object", 0.5),
    ],
)
def test_running_into_what_stands_costs_all_for_agents_and_half_for_things(name, nc):
    scores = scored(cache_of(standing("a", 70.0, 0.0, name)), plan())
    assert scores["raw_nc"][0] == nc
    assert scores["collision_idx"][0] > 0


def test_being_hit_from_behind_or_while_standing_is_nobodys_fault_of_ours():
    faster = driving("a", 38.0, 0.0, 16.0)
    scores = scored(cache_of(faster), plan(8.0))
    assert scores["raw_nc"][0] == 1.0
    still = cache_of(driving("a", 80.0, 0.0, 8.0, np.pi), speed=0.0)
    assert scored(still, plan(0.0))["raw_nc"][0] == 1.0


def test_a_side_collision_is_ours_only_between_lanes():
    """A vehicle drives into our flank from the lane beside."""
    beside = driving("a", 49.0, LANE + 4.5, np.hypot(8.0, 1.6), np.arctan2(-1.6, 8.0))
    kept = scored(cache_of(beside), plan(8.0))
    moved = scored(cache_of(beside), plan(8.0, 1.5))
    assert kept["raw_nc"][0] == 1.0
    assert moved["raw_nc"][0] == 0.0


def test_what_touches_us_at_the_start_is_left_out_of_log_replay_and_not_of_v1():
    overlapping = standing("a", 52.0, 0.0)
    assert scored(cache_of(overlapping), plan())["raw_nc"][0] == 1.0
    assert scored(cache_of(overlapping, version="v1"), plan(), version="v1")["nc"][0] == 0.0


def test_ghosts_seen_in_one_frame_stand_there_all_the_time():
    from tests.envs.driving.made_road import Thing

    ghost = Thing("g", lambda t: (75.0, 0.0, 0.0) if t == 4.0 else None)
    assert scored(cache_of(ghost), plan())["raw_nc"][0] == 0.0


def test_speed_at_first_appearance_decides_whether_a_track_stands():
    """It brakes to a stand in front of us, but counts as moving for good."""
    from tests.envs.driving.made_road import Thing

    stopping = Thing("a", lambda t: (68.0 + min(max(t, 0.0), 0.5) * 4.0, 0.0, 0.0), velocity=(4.0, 0.0))
    cache = cache_of(stopping)
    assert not cache.objects.stopped[0]
    assert scored(cache, plan())["raw_nc"][0] == 0.0


def test_a_corner_off_the_road_is_enough_for_dac():
    scores = scored(cache_of(), plan(8.0, -0.5), plan(8.0, -0.75))
    assert scores["raw_dac"].tolist() == [1.0, 0.0]


def test_an_intersection_is_drivable_beside_its_connectors():
    drift = plan(3.0, -3.0)
    assert scored(cache_of(x=203.0, speed=3.0), drift)["raw_dac"][0] == 1.0
    assert scored(cache_of(x=100.0, speed=3.0), drift)["raw_dac"][0] == 0.0


def test_driving_off_the_route_costs_half_and_then_all():
    route = (ROAD.route[0], ROAD.route[1], ROAD.route[2])
    back = np.column_stack([-plan(1.0)[:, 0], np.zeros(8), np.zeros(8)])
    assert scored(cache_of(route=route), back)["raw_ddc"][0] == 1.0  # on the lane the direction of travel is not looked at
    beside = [plan(speed, y=-6.0) for speed in (1.0, 4.0, 10.0)]
    found = scored(cache_of(), *beside)["raw_ddc"]
    assert found[-1] == 0.0
    assert list(found) == sorted(found, reverse=True)


def test_red_light_counts_when_touched_even_at_the_start_and_only_on_the_route():
    own, other = ROAD.connectors

    def red(connector):
        return lambda t: ((connector, True),)

    assert scored(cache_of(x=180.0, lights=red(own)), plan(8.0))["raw_tlc"][0] == 0.0
    assert scored(cache_of(x=180.0, lights=red(own)), plan(2.0))["raw_tlc"][0] == 1.0
    assert scored(cache_of(x=210.0, speed=0.0, lights=red(own)), plan(0.0))["raw_tlc"][0] == 0.0
    green_later = cache_of(x=180.0, lights=lambda t: ((own, t < 1.0),))
    assert scored(green_later, plan(8.0))["raw_tlc"][0] == 1.0
    assert not scored(cache_of(), plan()).valid["tlc"][0]
    unknown = cache_of(x=180.0, lights=lambda t: (("99", True),))
    assert scored(unknown, plan(8.0))["raw_tlc"][0] == 1.0
    beside = cache_of(
        x=180.0, lights=red(other)
    )  # a connector of the route's roadblock, though not of our lane: it counts where we touch it
    assert scored(beside, plan(8.0))["raw_tlc"][0] == 1.0
    assert scored(beside, plan(8.0, 1.5))["raw_tlc"][0] == 0.0


def test_lane_keeping_needs_two_seconds_on_end_and_pauses_in_intersections():
    aside = np.column_stack([plan()[:, 0], np.full(8, 0.9), np.zeros(8)])
    assert scored(cache_of(), aside)["raw_lk"][0] == 0.0
    short = np.column_stack([plan()[:, 0], [0.9, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0], np.zeros(8)])
    assert scored(cache_of(), short)["raw_lk"][0] == 1.0
    over = scored(cache_of(x=192.0, speed=5.0), np.column_stack([plan(5.0)[:, 0], np.full(8, 0.9), np.zeros(8)]))
    assert over["raw_lk"][0] == 1.0


def test_time_to_collision_looks_ahead_within_a_second():
    near, far = standing("a", 87.0, 0.0), standing("a", 110.0, 0.0)
    assert scored(cache_of(near), plan())["raw_ttc"][0] == 0.0
    assert scored(cache_of(far), plan())["raw_ttc"][0] == 1.0
    parked = scored(cache_of(standing("a", 57.0, 0.0), speed=0.0), plan(0.0))
    assert parked["raw_ttc"][0] == 1.0


def test_progress_is_relative_to_the_better_of_the_planner_and_the_plan():
    scores = scored(cache_of(), plan(4.0), plan(8.0), plan(13.0))
    assert np.all(np.diff(scores["raw_ep"]) >= 0)
    assert scores["raw_ep"].max() <= 1.0
    assert scores["raw_ep"][0] == pytest.approx(scores["progress_m"][0] / scores["progress_pdm_m"][0], abs=1e-9)


def test_where_nobody_gets_five_metres_ep_says_nothing():
    wall = [standing(f"{i}", 57.0, y) for i, y in enumerate((-1.0, 1.0))]
    scores = scored(cache_of(*wall, speed=0.0), plan(0.0), plan(0.5))
    assert scores["raw_ep"].tolist() == [1.0, 1.0]
    assert not scores.valid["ep"].any()


def test_hard_braking_is_uncomfortable():
    stop = np.column_stack([np.minimum(plan()[:, 0], 6.0), np.zeros(8), np.zeros(8)])
    scores = scored(cache_of(), plan(), stop)
    assert scores["raw_hc"].tolist() == [1.0, 0.0]


def test_an_ego_that_leaves_the_known_square_is_off_the_road():
    scores = scored(cache_of(speed=45.0), plan(45.0))
    assert scores["raw_dac"][0] == 0.0


def test_a_batch_scores_as_its_members_alone():
    cache = cache_of(standing("a", 75.0, 0.3), driving("b", 65.0, LANE, 6.0))
    rng = np.random.default_rng(0)
    plans = [plan(rng.uniform(0, 12), rng.uniform(-2, 4)) for _ in range(12)]
    for traffic in ("log-replay", "reactive", "idm"):
        together = scored(cache, *plans, traffic=traffic)
        for i, one in enumerate(plans):
            alone = scored(cache, one, traffic=traffic)
            for name, column in together.columns.items():
                np.testing.assert_array_equal(column[i], alone[name][0], err_msg=name)
