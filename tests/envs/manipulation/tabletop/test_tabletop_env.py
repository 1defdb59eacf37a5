"""The environment contract on the real simulator: conformance, lazy rendering, masks and cameras, repeatability to the bit."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from envs.registration import register_envs
from harness.errors import ConfigError, StaleFrameError

pytestmark = pytest.mark.sim
ROOT = Path(__file__).parents[4]


def episode_bytes(env: Any, seed: int, steps: int = 30, **options: object) -> bytes:
    """A digest of every state of an expert episode: the robot's observation and all true poses, bit for bit."""
    digest = hashlib.sha256()
    observation, info = env.reset(seed=seed, options=options)
    for _ in range(steps):
        for value in observation["state"].values():
            digest.update(value.tobytes())
        for thing in info["privileged"]["objects"].values():
            digest.update(np.asarray(thing["pose"]).tobytes())
        action = info["privileged"]["expert"]["action"]
        digest.update(action.tobytes())
        observation, _, _, _, info = env.step(action)
    return digest.digest()


class Eager(gym.Wrapper[Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Looks at everything at once: gymnasium's checker compares observations of moments that have passed."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        gym.utils.RecordConstructorArgs.__init__(self)
        super().__init__(env)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(**kwargs)
        return self._eager(observation, info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        observation, info = self._eager(observation, info)
        return observation, reward, terminated, truncated, info

    def _eager(self, observation: Any, info: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        objects = info["privileged"]["objects"]
        poses = {name: thing["pose"] for name, thing in objects.items()}
        return {**observation, "image": dict(observation["image"].items())}, {**info, "privileged": poses}


def test_gymnasium_checker() -> None:
    register_envs()
    env = gym.make("tabletop/PutOn-v0", camera_size=16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_env(Eager(env.unwrapped), skip_render_check=True)
    assert env.unwrapped.metadata["control_hz"] == 5
    env.close()


def test_same_seed_same_bytes_whatever_ran_before(tabletop_env: Any) -> None:
    for task in ("PutOn", "PutInDrawer"):
        env = tabletop_env(task)
        first = episode_bytes(env, 11)
        other = episode_bytes(env, 12, n_distractors=3)
        env.reset(seed=13)
        for _ in range(5):
            env.step(env.action_space.sample())
        assert episode_bytes(env, 11) == first
        assert other != first


def test_rendering_does_not_change_the_states(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    blind = episode_bytes(env, 11, steps=6)
    digest = hashlib.sha256()
    observation, info = env.reset(seed=11)
    for _ in range(6):
        assert observation["image"]["wrist"].std() > 0
        for value in observation["state"].values():
            digest.update(value.tobytes())
        for thing in info["privileged"]["objects"].values():
            digest.update(np.asarray(thing["pose"]).tobytes())
        digest.update(info["privileged"]["expert"]["action"].tobytes())
        observation, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
    assert digest.digest() == blind


def test_same_bytes_in_another_process(tabletop_env: Any) -> None:
    code = (
        "from envs.manipulation.tabletop.environment import make_tabletop\n"
        "from tests.envs.manipulation.tabletop.test_tabletop_env import episode_bytes\n"
        "print(episode_bytes(make_tabletop('PutOn', camera_size=16), 11).hex())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300, cwd=ROOT)
    assert done.stdout.split()[-1] == episode_bytes(tabletop_env("PutOn"), 11).hex()


def test_cameras_render_only_when_looked_at(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    observation, _ = env.reset(seed=1)
    before = env.frames_rendered
    for _ in range(4):
        unseen = observation
        observation, _, _, _, _ = env.step(np.array([0, 0, 0, 0, 0, 0, 1], np.float32))
    assert env.frames_rendered == before
    picture = observation["image"]["third_person"]
    assert observation["image"]["third_person"] is picture
    assert env.frames_rendered == before + 1
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8
    assert picture.mean() > 60  # lit
    with pytest.raises(StaleFrameError):
        unseen["image"]["third_person"]


@pytest.mark.parametrize("task", ["PutOn", "OpenTopDrawer"])
def test_projection_agrees_with_masks(tabletop_env: Any, task: str) -> None:
    env = tabletop_env(task)
    checked = 0
    for seed in range(3):
        _, info = env.reset(seed=seed)
        truth = info["privileged"]
        camera, masks = truth["cameras"]["third_person"], truth["masks"]["third_person"]
        assert camera["size"] == (64, 64)
        labels = {name: label for label, name in masks["names"].items()}
        assert {"robot", *truth["objects"]} <= set(labels)
        for name, thing in env.task.world.objects.items():
            if thing.shape.surface is not None:
                continue  # the centre of a bowl or basket is air
            point = camera["extrinsic"] @ np.array([*thing.centre, 1.0])
            u, v, depth = camera["intrinsic"] @ point[:3]
            column, row = int(u / depth), int(v / depth)
            mask = masks["labels"] == labels[name]
            if mask.sum() < 6:
                continue  # behind the arm, or a few pixels
            rows, columns = np.nonzero(mask)
            assert abs(rows.mean() - row) < 3
            assert abs(columns.mean() - column) < 3
            checked += 1
    assert checked >= 4


def test_action_is_relative_to_the_commanded_pose(tabletop_env: Any) -> None:
    env = tabletop_env("Pick")
    observation, _ = env.reset(seed=0)
    start = observation["state"]["eef_target"].copy()
    for _ in range(4):
        observation, *_ = env.step(np.array([0.02, -0.01, 0.01, 0, 0, 0.1, 1], np.float32))
    state = observation["state"]
    assert np.allclose(state["eef_target"][:3] - start[:3], [0.08, -0.04, 0.04], atol=1e-6)
    assert np.allclose(state["eef_pos"], state["eef_target"][:3], atol=3e-3)  # the arm follows
    assert state["gripper"][0] > 0.95
    for _ in range(2):
        observation, *_ = env.step(np.array([0, 0, 0, 0, 0, 0, -1], np.float32))
    assert observation["state"]["gripper"][0] < 0.05


def test_pushing_into_the_table_does_not_wind_up(tabletop_env: Any) -> None:
    env = tabletop_env("Pick")
    env.reset(seed=0, options={"n_distractors": 0})
    down = np.array([0, 0, -0.1, 0, 0, 0, -1], np.float32)
    events = []
    for _ in range(15):
        observation, _, _, _, info = env.step(down)
        events += [(event["name"], event["detail"]["object"]) for event in info["events"]]
    lead = observation["state"]["eef_pos"] - observation["state"]["eef_target"][:3]
    assert np.linalg.norm(lead) <= 0.25
    assert np.isfinite(observation["state"]["qpos"]).all()
    assert ("collided", "table") in events


def test_bad_arguments_and_options(tabletop_env: Any) -> None:
    from envs.manipulation.tabletop.environment import make_tabletop

    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"task": "PutOnn"}, "PutOn"),
        ({"task": "PutOn", "shader": "minimall"}, "minimal"),
        ({"task": "PutOn", "sim_backend": "physx_cuda"}, "physx_cpu"),
        ({"task": "PutOn", "camera_size": 2}, "16"),
    )
    for arguments, hint in wrong:
        with pytest.raises(ConfigError, match=hint):
            make_tabletop(**arguments)
    with pytest.raises(ConfigError, match="n_distractors"):
        tabletop_env("PutOn").reset(seed=0, options={"distractors": 2})
