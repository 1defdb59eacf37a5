"""What of the Google Robot's base is left out, contacts with the stage it stands on and links that are mere frames, changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from envs.manipulation.adapter import ManipulationEnv

pytestmark = pytest.mark.sim

OPTIONS = {"urdf_version": "none", "orientation": "lr_switch", "episode_id": 3}
MOVES = np.random.default_rng(5).uniform(-0.03, 0.03, (4, 7)).astype(np.float32)


def wheels_on_stage(env: ManipulationEnv) -> int:
    """How many contacts there are between a wheel and the stage."""
    pairs = [{body.entity.name.removeprefix("scene-0_") for body in contact.bodies} for contact in cast(Any, env.task).contacts()]
    return sum("arena" in pair and any("wheel" in name for name in pair) for pair in pairs)


def play(env: ManipulationEnv) -> list[bytes]:
    task: Any = env.task
    states: list[bytes] = []
    for move in MOVES:
        env.step(move)
        robot = task.agent.robot._objs[0]
        states += [robot.qpos.tobytes(), robot.qvel.tobytes(), *(actor.pose.raw_pose.numpy().tobytes() for actor in task.actors().values())]
    return states


def test_contacts_that_move_nothing_are_left_out_bit_for_bit(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from envs.manipulation.simpler import google_task
    from envs.manipulation.simpler.make import make_simpler

    env = make_simpler("PickCokeCan", assets)
    env.reset(seed=0, options=OPTIONS)
    without = play(env)
    assert wheels_on_stage(env) == 0
    monkeypatch.setattr(google_task, "let_pass", lambda stage, links: None)
    env.reset(seed=0, options=OPTIONS)
    assert play(env) == without
    assert wheels_on_stage(env) > 0
    env.close()


def test_links_that_are_mere_frames_are_left_out_bit_for_bit(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from envs.manipulation.simpler import google_robot
    from envs.manipulation.simpler.make import make_simpler

    env = make_simpler("PickCokeCan", assets)
    task = cast(Any, env.task)
    env.reset(seed=0, options=OPTIONS)
    without, image = play(env), env.task.render_camera(google_robot.CAMERA)
    kept = {link.name for link in task.agent.robot.links}
    monkeypatch.setattr(google_robot, "leave_out_frames", lambda builder: None)
    env.reset(seed=0, options=OPTIONS)
    assert play(env) == without
    np.testing.assert_array_equal(env.task.render_camera(google_robot.CAMERA), image)
    gone = [link for link in task.agent.robot.links if link.name not in kept]
    assert len(gone) == 15
    assert all(link._objs[0].mass < 1e-6 and not link._objs[0].collision_shapes for link in gone)
    env.close()
