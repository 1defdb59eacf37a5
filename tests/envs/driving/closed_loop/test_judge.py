"""The judge of a closed-loop drive sees what happens, and nothing else. The map is a straight road with two lanes a direction that leads to a signalised crossing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from envs.driving.closed_loop.collision import collisions
from envs.driving.closed_loop.judge import DriveJudge
from envs.driving.closed_loop.log_world import LogWorld
from envs.driving.closed_loop.penalties import FACTORS, driving_score, infraction_of
from envs.driving.closed_loop.route import RouteLine
from envs.driving.environment.case import DriveStart
from envs.driving.environment.route_of_drive import route_of
from envs.driving.formats import NavsimData
from envs.driving.scene import Boxes, Scene
from envs.driving.scoring.footprint import footprints
from envs.driving.state import State

TOKEN = "702372daede71b10"
NO_LIGHTS: dict[str, str] = {}


@pytest.fixture(scope="module")
def scene(small: NavsimData) -> Scene:
    return small.scene(TOKEN)


def _state(pose: Any, speed: float) -> np.ndarray:
    state = np.zeros(11)
    state[:3], state[State.VX] = pose, speed
    return state


def _box(local: tuple[float, float, float], pose: np.ndarray, speed: float = 0.0, name: str = "vehicle", token: str = "x") -> Boxes:
    """A car at ``local`` (x, y, heading) of the ego's frame."""
    x, y, heading = local
    velocity = np.array([[speed * np.cos(heading), speed * np.sin(heading), 0.0]])
    one = Boxes(np.array([[x, y, 0.8]]), np.array([[4.6, 1.9, 1.5]]), np.array([heading]), velocity, (name,), (token,))
    return one.to_global(pose)


def _judge(small: NavsimData, scene: Scene, reference: float = 60.0, at: np.ndarray | None = None) -> tuple[DriveJudge, RouteLine]:
    driving_map = small.map(scene.map_name)
    pose = scene.current.ego_pose
    start = DriveStart(LogWorld([scene.current]), scene.history, _state(pose, 5.0), scene.current.roadblock_ids, np.stack([pose, pose]))
    route, lanes = route_of(driving_map, start)
    return DriveJudge(driving_map, route, lanes, reference, start.state if at is None else _state(at, 5.0)), route


def _drive(judge: DriveJudge, poses: Sequence[Any], speed: float, boxes: Boxes | None = None, lights: dict[str, str] = NO_LIGHTS):
    states = np.stack([_state(pose, speed) for pose in poses])
    n = len(states)
    return judge.judge(states, [boxes or Boxes.none()] * n, [lights] * n)


def _along(route: RouteLine, start: float, metres: float, left: float = 0.0, step: float = 0.5) -> list[np.ndarray]:
    poses = []
    for distance in np.arange(start, start + metres, step):
        pose = route.point(distance)
        poses.append(pose + np.array([-left * np.sin(pose[2]), left * np.cos(pose[2]), 0.0]))
    return poses


def _crossing(judge: DriveJudge) -> tuple[str, float]:
    """The first connector ahead in the ego's lane, and where it begins along the route."""
    ahead = {name: stop for name, stop in judge.stops.items() if stop > 30.0}
    front = judge.route.point(min(ahead.values()) + 1.0)[:2]
    under = [judge._map.lanes.ids[row] for row in judge._map.lanes_at(front)]
    return next((name, stop) for name, stop in ahead.items() if name in under)


@pytest.mark.parametrize(
    ("local", "speed", "ego_speed", "kind", "at_fault"),
    [
        ((6.0, 0.0, 0.0), 3.0, 8.0, "front", True),
        ((6.0, 0.0, 0.0), 0.0, 8.0, "stopped_object", True),
        ((-3.0, 0.0, 0.0), 9.0, 5.0, "rear", False),
        ((1.5, 1.9, 0.0), 5.0, 5.0, "lateral", False),
        ((6.0, 0.0, np.pi), 5.0, 0.0, "stopped_ego", False),
    ],
)
def test_kinds_of_collisions_and_their_fault(
    small: NavsimData, scene: Scene, local: tuple[float, float, float], speed: float, ego_speed: float, kind: str, at_fault: bool
) -> None:
    state = _state(scene.current.ego_pose, ego_speed)
    feet = footprints(state[None, None])[0, 0]
    hits = collisions(state, feet, 0, _box(local, state[:3], speed))
    assert [(hit.kind, hit.at_fault) for hit in hits] == [(kind, at_fault)]
    assert collisions(state, feet, 0, _box((20.0, 0.0, 0.0), state[:3])) == []


def test_a_lateral_touch_between_lanes_is_the_ego_s_fault(scene: Scene) -> None:
    from envs.driving.scoring.areas import MULTIPLE_LANES

    state = _state(scene.current.ego_pose, 5.0)
    hits = collisions(state, footprints(state[None, None])[0, 0], MULTIPLE_LANES, _box((1.5, 1.9, 0.0), state[:3], 5.0))
    assert [hit.at_fault for hit in hits] == [True]


def test_a_clean_drive_makes_progress_and_no_event(small: NavsimData, scene: Scene) -> None:
    judge, route = _judge(small, scene, reference=20.0)
    start = route.position(scene.current.ego_pose[:2])[0]
    assert _drive(judge, _along(route, start, 10.5), 5.0) == []
    assert judge.progress == pytest.approx(0.5, abs=0.03)
    assert judge.scores()["driving_score"] == pytest.approx(judge.progress)
    assert judge.verdict.infractions == []


def test_an_at_fault_collision_ends_it_and_one_from_behind_does_not(small: NavsimData, scene: Scene) -> None:
    judge, route = _judge(small, scene)
    start = route.position(scene.current.ego_pose[:2])[0]
    behind = _box((-3.0, 0.0, 0.0), route.point(start), 9.0)
    events = _drive(judge, _along(route, start, 2.0), 5.0, behind)
    assert [(name, detail["at_fault"]) for name, detail in events] == [("collision", False)]
    assert not judge.verdict.crashed
    ahead = _box((9.0, 0.0, 0.0), route.point(start), 0.0, token="y")
    events = _drive(judge, _along(route, start + 2.0, 10.0), 5.0, ahead)
    assert [(name, detail["with"], detail["at_fault"]) for name, detail in events] == [("collision", "y", True)]
    assert judge.verdict.crashed
    assert judge.scores()["nc"] == 0.0
    assert judge.scores()["driving_score"] == pytest.approx(judge.progress * FACTORS["collision_vehicle"])


def test_leaving_the_road_is_said_once_each_time(small: NavsimData, scene: Scene) -> None:
    judge, route = _judge(small, scene)
    start = route.position(scene.current.ego_pose[:2])[0]
    events = _drive(judge, _along(route, start, 4.0, left=-12.0), 5.0)
    events += _drive(judge, _along(route, start + 4.0, 4.0), 5.0)
    events += _drive(judge, _along(route, start + 8.0, 2.0, left=-12.0), 5.0)
    assert [name for name, _ in events if name == "off_road"] == ["off_road", "off_road"]
    assert judge.scores()["dac"] == 0.0


def test_driving_against_the_traffic_is_said_after_two_metres(small: NavsimData, scene: Scene) -> None:
    _, route = _judge(small, scene)
    start = route.position(scene.current.ego_pose[:2])[0]
    oncoming = _along(route, start, 6.0, left=3.5)
    assert small.map(scene.map_name).lanes_at(oncoming[0][:2]), "the oncoming lane"
    judge, _ = _judge(small, scene, at=oncoming[0])
    assert _drive(judge, oncoming[1:4], 5.0) == []  # 1.5 m
    assert [name for name, _ in _drive(judge, oncoming[4:], 5.0)] == ["wrong_way"]
    assert judge.scores()["ddc"] == 0.0


def test_a_red_light_counts_for_who_enters_not_for_who_was_there(small: NavsimData, scene: Scene) -> None:
    judge, route = _judge(small, scene)
    connector, stop = _crossing(judge)
    red, green = {connector: "red"}, {connector: "green"}
    before = stop - 6.0
    judge, _ = _judge(small, scene, at=route.point(before))
    assert _drive(judge, _along(route, before, 1.0), 5.0, lights=red) == []
    assert _drive(judge, _along(route, before + 1.0, 3.0), 5.0, lights=green) == []  # the bumper is over the line by now
    assert _drive(judge, _along(route, before + 4.0, 2.0), 5.0, lights=red) == []
    judge, _ = _judge(small, scene, at=route.point(before))
    _drive(judge, _along(route, before, 1.0), 5.0, lights=red)
    events = _drive(judge, _along(route, before + 1.0, 4.0), 5.0, lights=red)
    assert [name for name, _ in events] == ["red_light"]
    assert judge.scores()["tlc"] == 0.0


def test_standing_still_is_being_stuck_unless_there_is_a_reason(small: NavsimData, scene: Scene) -> None:
    start = scene.current.ego_pose
    here = [start] * 100
    judge, route = _judge(small, scene)
    assert [name for name, _ in _drive(judge, here, 0.0)] == ["stuck"]
    judge, _ = _judge(small, scene)
    lead = _box((10.0, 0.0, 0.0), start)
    judge.look(_state(start, 0.0), lead, NO_LIGHTS)
    assert _drive(judge, here, 0.0, lead) == []
    assert judge.verdict.lead is not None
    assert judge.verdict.lead.gap == pytest.approx(10.0 - 2.3 - 4.049, abs=0.2)
    judge, _ = _judge(small, scene)
    connector, stop = _crossing(judge)
    waiting = [route.point(stop - 8.0)] * 100
    judge.look(_state(waiting[0], 0.0), Boxes.none(), {connector: "red"})
    assert _drive(judge, waiting, 0.0, lights={connector: "red"}) == []
    assert judge.verdict.light == "red"
    green = {connector: "green"}
    assert [_drive(judge, waiting[:5], 0.0, lights=green) for _ in range(12)] == [[]] * 12  # the clock begins when the light turns green
    assert [name for _ in range(6) for name, _ in _drive(judge, waiting[:5], 0.0, lights=green)] == ["stuck"]
    judge, _ = _judge(small, scene)
    judge.look(_state(start, 0.0), lead, NO_LIGHTS)
    assert [name for name, _ in _drive(judge, [start] * 170, 0.0, lead)] == ["stuck"]  # nobody waits 16 s behind what stands


def test_the_end_of_the_route_is_full_progress(small: NavsimData, scene: Scene) -> None:
    judge, route = _judge(small, scene, reference=1e6)
    start = route.position(scene.current.ego_pose[:2])[0]
    events = _drive(judge, _along(route, start, route.length - start), 8.0)
    assert events[-1][0] == "route_done"
    assert judge.progress == 1.0


def test_the_driving_score_multiplies() -> None:
    assert driving_score(0.5, []) == 0.5
    assert driving_score(0.8, ["red_light", "off_road"]) == pytest.approx(0.8 * 0.7 * 0.8)
    assert infraction_of("collision", {"at_fault": False, "name": "vehicle"}) is None
    assert infraction_of("collision", {"at_fault": True, "name": "traffic_cone"}) == "collision_static"
    assert infraction_of("route_done", {}) is None
