"""PDM-Closed: the official planner's own proposals, scores, choice and trajectory; and its odd cases by themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from envs.driving.formats import NavsimData
from envs.driving.planner.forecast import Forecast, forecast
from envs.driving.planner.path import Path as Line
from envs.driving.planner.pdm_closed import plan_pdm_closed
from envs.driving.planner.proposals import leaders, propose, speed_targets
from envs.driving.scoring.areas import PolygonSet, polygon_set
from envs.driving.scoring.metric_cache import scene_basis
from envs.driving.traffic.tracks import Moment

SUB_SCORES = ("nc", "dac", "ddc", "tlc", "ep", "ttc", "lk", "hc")
NO_LIGHTS = PolygonSet(np.zeros((0, 4)), np.zeros(1, np.int64), np.zeros((0, 4)))
EGO = np.array([(2.5, 1.0), (-2.5, 1.0), (-2.5, -1.0), (2.5, -1.0), (0.0, 0.0)])
STRAIGHT = np.column_stack([np.linspace(-10, 300, 311), np.zeros(311), np.zeros(311)])


def moment(*things: tuple[str, float, float, float]) -> Moment:
    """Things of 4 m x 2 m by name, x, y and speed along x; their numbers are their tokens."""
    n = len(things)
    return Moment(
        poses=np.array([(x, y, 0.0) for _, x, y, _ in things]).reshape(n, 3),
        velocity=np.array([(speed, 0.0) for *_, speed in things]).reshape(n, 2),
        size=np.tile([4.0, 2.0], (n, 1)),
        names=tuple(name for name, *_ in things),
        tokens=tuple(str(i) for i in range(n)),
    )


def ego(speed: float) -> np.ndarray:
    state = np.zeros(11)
    state[3] = speed
    return state


def check(data: NavsimData, token: str, official: dict[str, Any]) -> None:
    scene = data.scene(token)
    plan = plan_pdm_closed(scene_basis(scene, data.map(scene.map_name)))
    assert plan.choice == official["choice"]
    assert np.allclose(plan.scores, official["scores"], rtol=0, atol=1e-8)
    assert np.allclose(plan.trajectory[:, :3], official["trajectory"], rtol=0, atol=5e-9)
    assert not plan.trajectory[:, 3:].any()
    ours = np.column_stack([plan.ep if name == "ep" else plan.raw[name] for name in SUB_SCORES])
    assert np.allclose(ours, official["sub"], rtol=0, atol=1e-8)


def test_as_the_official_planner(small: NavsimData, intermediates: dict[str, Any]) -> None:
    for token, official in intermediates.items():
        check(small, token, official)


def test_every_official_plan(parity_folder: Path) -> None:
    data = NavsimData(parity_folder)
    for token in data.tokens + data.synthetic_tokens:
        found = json.loads((parity_folder / "intermediates" / f"{token}.json").read_text())
        about = found["pdm_proposals"]
        trajectory = [pose[:3] for pose in found["pdm_trajectory_51"]]
        check(data, token, {"choice": about["chosen"], "scores": about["score"], "sub": about["sub"], "trajectory": trajectory})


def test_on_a_free_road_every_proposal_nears_its_speed() -> None:
    proposals = propose(STRAIGHT, ego(5.0), 10.0, forecast(moment(), NO_LIGHTS, EGO))
    speeds = proposals.idm[:, 40, 1].reshape(3, 5)
    assert np.allclose(speeds, speeds[0])
    assert np.all(np.diff(speeds[0]) > 0)
    assert speeds[0, 0] == pytest.approx(2.0, abs=0.8)
    assert speeds[0, 4] > 7.0
    assert np.allclose(proposals.poses[:, 20, 1].reshape(3, 5), [[0.0], [-1.0], [1.0]])


def test_the_first_step_has_no_leaders_data_and_brakes() -> None:
    proposals = propose(STRAIGHT, ego(5.0), 10.0, forecast(moment(), NO_LIGHTS, EGO))
    assert np.allclose(proposals.idm[:, 1, 1], 5.0 - 3.0 * 0.1)


def test_behind_a_standing_car_they_stop() -> None:
    expected = forecast(moment(("vehicle", 20.0, 0.0, 0.0)), NO_LIGHTS, EGO)
    proposals = propose(STRAIGHT, ego(5.0), 10.0, expected)
    assert np.all(proposals.poses[:5, 40, 0] + 4.049 < 18.0)
    assert np.all(proposals.idm[:5, 40, 1] < 2.0)


def test_what_is_beside_the_corridor_or_behind_leads_nobody() -> None:
    free = propose(STRAIGHT, ego(5.0), 10.0, forecast(moment(), NO_LIGHTS, EGO))
    beside = propose(STRAIGHT, ego(5.0), 10.0, forecast(moment(("vehicle", 20.0, 8.0, 0.0), ("vehicle", -9.0, 0.0, 0.0)), NO_LIGHTS, EGO))
    assert np.array_equal(free.poses, beside.poses)


def test_a_red_light_stops_them_and_one_around_the_ego_does_not() -> None:
    square = np.array([(20.0, -3.0), (30.0, -3.0), (30.0, 3.0), (20.0, 3.0), (20.0, -3.0)])
    ahead = forecast(moment(), polygon_set([[square]]), EGO)
    assert np.all(propose(STRAIGHT, ego(5.0), 10.0, ahead).poses[:, 40, 0] + 4.049 < 20.5)
    around = forecast(moment(), polygon_set([[square - [25.0, 0.0]]]), EGO)
    assert around.red_ignored.tolist() == [True]
    assert np.array_equal(
        propose(STRAIGHT, ego(5.0), 10.0, around).poses, propose(STRAIGHT, ego(5.0), 10.0, forecast(moment(), NO_LIGHTS, EGO)).poses
    )


def test_what_overlaps_the_ego_is_ignored() -> None:
    found = forecast(moment(("vehicle", 1.0, 0.0, 0.0), ("traffic_cone", 30.0, 0.0, 0.0)), NO_LIGHTS, EGO)
    assert dict(zip(found.is_agent.tolist(), found.ignored.tolist())) == {True: True, False: False}


def test_the_forecast_takes_the_nearest_of_each_kind() -> None:
    things = [("vehicle", 5.0 + i, 20.0, 1.0) for i in range(60)] + [("pedestrian", 5.0 + i, 30.0, 1.0) for i in range(30)]
    things += (
        [("bicycle", 5.0 + i, 40.0, 1.0) for i in range(12)]
        + [("barrier", 5.0 + i, 50.0, 9.0) for i in range(55)]
        + [("vehicle", 200.0, 0.0, 1.0)]
    )
    found = forecast(moment(*things[::-1]), NO_LIGHTS, EGO)
    assert len(found.speed) == 50 + 50 + 25 + 10
    assert not found.is_agent[:50].any()
    assert found.is_agent[50:].all()
    assert np.all(np.diff(found.centre[50:100, 0]) > 0)
    assert not found.drift[:50].any()


def test_who_drives_backwards_goes_on_backwards() -> None:
    found = forecast(moment(("vehicle", 50.0, 0.0, -2.0)), NO_LIGHTS, EGO)
    assert np.allclose(found.drift, [[-2.0, 0.0]])
    assert found.objects("v2").centre[:, 0, 0].tolist() == pytest.approx([50.0 - 2.0 * 0.1 * (t // 2 * 2) for t in range(41)])
    assert found.objects("v1").centre.shape[0] == 51


def test_equals_are_told_apart_by_the_tree() -> None:
    expected = forecast(moment(*[("vehicle", 20.0, 0.0, float(i)) for i in range(12)]), NO_LIGHTS, EGO)
    path = Line.along(STRAIGHT)
    corridor = path.between(10.0, 60.0).buffer(1.1485, quad_segs=16, cap_style="square")
    plain, ordered = leaders(path, corridor, expected), leaders(path, corridor, expected, frozenset({2}))
    everything = np.asarray(shapely.polygons(expected.boxes[0]))
    order = shapely.STRtree(everything, node_capacity=10).query(corridor, predicate="intersects")
    rows = slice(ordered.first[1], ordered.first[2])
    assert ordered.speed[rows].tolist() == expected.speed[order].tolist()
    assert sorted(plain.speed[rows].tolist()) == sorted(ordered.speed[rows].tolist())


def test_without_a_limit_the_fallback_counts() -> None:
    assert speed_targets(None).tolist() == [3.0, 6.0, 9.0, 12.0, 15.0]
    assert speed_targets(10.0).tolist() == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_a_path_is_projected_to_interpolated_and_cut() -> None:
    quarter = np.linspace(0, np.pi / 2, 50)
    poses = np.column_stack([10 * np.sin(quarter), 10 - 10 * np.cos(quarter), quarter])
    path = Line.along(np.vstack([poses, poses[-1:]]))
    string = shapely.LineString(path.xy)
    for point in np.random.default_rng(0).uniform(-5, 15, (50, 2)):
        assert path.project(point) == pytest.approx(string.project(shapely.Point(point)), abs=1e-9)
    for distance in np.linspace(0, path.length, 23):
        assert path.at(distance)[:2] == pytest.approx(shapely.get_coordinates(string.interpolate(distance))[0], abs=2e-5)
    assert np.array_equal(path.at(99.0)[:2], path.xy[-1])
    assert path.between(3.0, 6.0).length < 3.0
    assert path.between(3.0, 3.1).length == pytest.approx(0.1)
    assert Line.along(poses, 1.0).xy[0].tolist() == pytest.approx([0.0, 1.0])


def test_a_limit_of_zero_is_no_error() -> None:
    proposals = propose(STRAIGHT, ego(5.0), 0.0, forecast(moment(), NO_LIGHTS, EGO))
    assert np.isfinite(proposals.poses).all()
    assert np.all(proposals.idm[:, 10, 1] < 5.0)


def test_empty_forecast_has_no_objects() -> None:
    empty: Forecast = forecast(moment(), NO_LIGHTS, EGO)
    assert empty.objects("v2").present.shape == (41, 0)
    assert empty.lights("v2").red.shape == (41, 0)
