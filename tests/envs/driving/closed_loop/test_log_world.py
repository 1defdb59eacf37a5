"""A log that goes on around somebody else."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.closed_loop.log_world import LogWorld
from envs.driving.formats import NavsimData, read_log
from envs.driving.scene import Frame


@pytest.fixture(scope="module")
def frames(small: NavsimData) -> tuple[Frame, ...]:
    place = small.places["702372daede71b10"]
    return read_log(place.log).frames[place.frame :]


def _run(frames: tuple[Frame, ...], seconds: float, stand: bool) -> LogWorld:
    world = LogWorld(frames)
    for step in range(round(seconds * 10)):
        pose = frames[0].ego_pose if stand else frames[min(step // 5, len(frames) - 1)].ego_pose
        world.step(pose, 0.0 if stand else float(frames[min(step // 5, len(frames) - 1)].ego_velocity[0]))
    return world


def test_it_begins_with_what_the_log_saw(frames: tuple[Frame, ...]) -> None:
    world = LogWorld(frames)
    seen, logged = world.boxes(), frames[0].global_boxes
    assert set(seen.track_tokens) == set(logged.track_tokens)
    for k, token in enumerate(seen.track_tokens):
        assert np.hypot(*(seen.xyz[k, :2] - logged.xyz[logged.track_tokens.index(token), :2])) < 0.1
    assert set(world.lights().values()) <= {"red", "green"}


def test_it_is_deterministic(frames: tuple[Frame, ...]) -> None:
    assert _run(frames, 3.0, True).boxes().xyz.tobytes() == _run(frames, 3.0, True).boxes().xyz.tobytes()


def test_whoever_is_behind_stops_for_an_ego_that_stands(frames: tuple[Frame, ...]) -> None:
    world = _run(frames, 6.0, True)
    ego = frames[0].ego_pose
    direction = np.array([np.cos(ego[2]), np.sin(ego[2])])
    boxes = world.boxes()
    for k, name in enumerate(boxes.names):
        offset = boxes.xyz[k, :2] - ego[:2]
        beside = abs(-offset[0] * direction[1] + offset[1] * direction[0])
        ahead = float(offset @ direction)
        assert not (name == "vehicle" and beside < 1.5 and -3.0 < ahead < 5.0), "drove into the standing ego"
