"""The world that goes on after a scene: the same that made the log, and the negative start."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.environment.case import DriveStart
from envs.driving.scene import wrap_angle
from harness.errors import ConfigError
from scenarios.driving import GeneratedScene
from scenarios.driving.cases import check_split, synth_case, synth_group
from scenarios.driving.roads.curves import transform
from scenarios.driving.world.drive import collisions, drive, on_road


def opened(index: int, seconds: float, negative: bool = False, traffic: str = "scene") -> DriveStart:
    start = synth_case("test", 5, index).start
    assert start is not None
    return start(seconds, negative, traffic)


def test_driven_as_in_the_log_the_others_do_as_in_the_log(series: list[GeneratedScene]) -> None:
    for index, scene in enumerate(series[:6]):
        start, trace = opened(index, 8.0), scene.trace
        now, ego = trace.row(0.0), transform(trace.ego, scene.world.origin)
        for step in range(41):
            if step % 5 == 0:
                logged, here = scene.scene.objects(step // 5), start.world.boxes()
                assert logged.track_tokens == here.track_tokens
                np.testing.assert_allclose(here.xyz[:, :2], logged.xyz[:, :2], atol=1e-5)
                red = {connector for connector, colour in start.world.lights().items() if colour == "red"}
                assert red == {connector for connector, is_red in scene.scene.lights(step // 5) if is_red}
            start.world.step(ego[now + step], float(trace.speed[now + step]))


def test_two_episodes_do_not_share_a_state() -> None:
    first = opened(0, 2.0)
    begin = first.world.boxes().xyz.copy()
    for _ in range(20):
        first.world.step(first.human[0], 0.0)
    np.testing.assert_array_equal(opened(0, 2.0).world.boxes().xyz, begin)


def test_start_is_the_current_frame(series: list[GeneratedScene]) -> None:
    for index, scene in enumerate(series[:6]):
        start = opened(index, 15.0)
        np.testing.assert_allclose(start.state[:3], scene.scene.current.ego_pose, atol=1e-9)
        np.testing.assert_allclose(start.human[0], scene.scene.current.ego_pose, atol=1e-9)
        assert len(start.human) >= 31
        assert [frame.token for frame in start.history] == [frame.token for frame in scene.scene.history]
        future = np.stack([frame.ego_pose for frame in scene.scene.future[:8]])
        np.testing.assert_allclose(start.human[1:9, :2], future[:, :2], atol=1e-6)
        assert set(start.route_ids) <= set(scene.map.roadblocks.ids)


def test_negative_start(series: list[GeneratedScene]) -> None:
    tried = 0
    for index, scene in enumerate(series[:8]):
        if scene.pair is None:
            continue
        tried += 1
        start = opened(index, 5.0, negative=True)
        here, there = np.asarray(scene.scene.current.ego_pose), start.history[-1].ego_pose
        pose = scene.labels["negative_start"]["pose"]
        cosine, sine = np.cos(here[2]), np.sin(here[2])
        np.testing.assert_allclose(there[0], here[0] + cosine * pose[0] - sine * pose[1], atol=1e-3)
        np.testing.assert_allclose(there[1], here[1] + sine * pose[0] + cosine * pose[1], atol=1e-3)
        assert abs(float(wrap_angle(np.array(there[2] - here[2] - pose[2])))) < 1e-3
        assert set(np.diff([frame.timestamp_us for frame in start.history])) == {500_000}
        assert abs(start.state[3] - scene.labels["negative_start"]["speed"]) < 1e-3
    assert tried >= 6


def test_recoveries_end_well(series: list[GeneratedScene]) -> None:
    for scene in series:
        if scene.pair is not None:
            assert not collisions(scene.world, scene.pair.recovery)
            assert on_road(scene.world.layout, scene.pair.recovery.ego).all()


def test_the_human_lasts_in_the_closed_loop(series: list[GeneratedScene]) -> None:
    """Twenty seconds, of which the generator checks eight: nearly all end well."""
    sound = 0
    for scene in series[:10]:
        trace = drive(scene.world, 20.0)
        sound += not collisions(scene.world, trace) and bool(on_road(scene.world.layout, trace.ego).all())
    assert sound >= 9


def test_cases_for_the_environments() -> None:
    case = synth_case("test", 5, 3)
    assert case.facts["index"] == 3
    assert case.labels is not None
    assert case.start is not None
    group = synth_group("test", 5, 3)
    assert group.now.scene.token == case.scene.token
    assert len(group.pairs) == 4
    with pytest.raises(ConfigError):
        check_split("nope")


def test_second_stage_starts_around_the_humans_end(series: list[GeneratedScene]) -> None:
    apart: list[float] = []
    for scene in series[:8]:
        trajectory = scene.scene.human_trajectory(8)
        assert trajectory is not None
        end = scene.scene.future[7].ego_pose[:2]
        for number, (now, before) in enumerate(scene.second_stage):
            assert len(now.token) == len(before.token) == 17
            assert now.horizon == 8
            assert now.current.timestamp_us - scene.scene.current.timestamp_us == 4_000_000
            assert now.current.timestamp_us - before.current.timestamp_us == 500_000
            distance = float(np.hypot(*(now.current.ego_pose[:2] - end)))
            assert distance < 12.0
            if number == 0:
                assert distance < 0.05
            apart.append(distance)
            assert np.hypot(*(now.frames[2].ego_pose[:2] - before.current.ego_pose[:2])) < 1e-9
    assert np.mean(np.array(apart) > 0.3) > 0.5
