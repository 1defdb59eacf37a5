"""PutCarrotOnPlate as an environment: contract, determinism, pictures on demand, the scripted expert."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.expert_table import run_episode
from envs.manipulation.simpler.tasks.put_on import PutOnTask
from envs.manipulation.simpler.widowx import CAMERA
from envs.registration import register_envs
from harness.errors import AgentError, ConfigError

pytestmark = pytest.mark.sim

Episode = list[bytes]


def play(env: ManipulationEnv, seed: int, options: dict[str, Any] | None, steps: int = 6) -> Episode:
    """The bytes of everything that comes out of an episode of made-up actions."""
    actions = np.random.default_rng(0).uniform(-0.03, 0.03, (steps, 7)).astype(np.float32)
    observation, info = env.reset(seed=seed, options=options)
    out: Episode = []
    for action in [*actions, None]:
        poses = [truth["pose"].tobytes() for truth in info["privileged"]["objects"].values()]
        out += [observation["image"][CAMERA].tobytes(), *(value.tobytes() for value in observation["state"].values()), *poses]
        if action is not None:
            observation, _, _, _, info = env.step(action)
    return out


def test_an_episode_is_a_function_of_seed_and_options_alone(carrot: ManipulationEnv, assets: Path) -> None:
    from envs.manipulation.simpler.make import make_simpler

    before = play(carrot, 0, {"episode_id": 5})
    play(carrot, 3, None, steps=2)
    assert play(carrot, 99, {"episode_id": 5}) == before, "whatever ran before in the instance"
    other = make_simpler("PutCarrotOnPlate", assets)
    assert play(other, 0, {"episode_id": 5}) == before, "in another instance"
    other.close()


def test_observation_and_info_keep_the_contract(carrot: ManipulationEnv) -> None:
    observation, info = carrot.reset(seed=26)
    assert carrot.observation_space.contains(observation)
    assert observation["image"][CAMERA].shape == (480, 640, 3)
    assert observation["instruction"] == "put carrot on plate"
    assert info["episode"]["episode_id"] == 2
    assert info["episode"]["setting"] == "visual_matching"
    assert isinstance(info["episode"]["substitutes"], list)
    assert set(info["episode"]["stats"]) == {
        "moved_correct_obj",
        "moved_wrong_obj",
        "is_src_obj_grasped",
        "consecutive_grasp",
        "src_on_target",
    }
    assert carrot.metadata["control_hz"] == 5
    truth = info["privileged"]
    assert {name: entry["role"] for name, entry in truth["objects"].items()} == {"carrot": "source", "plate": "target"}
    masks = truth["masks"][CAMERA]
    assert masks["names"] == {1: "robot", 2: "carrot", 3: "plate"}
    assert set(np.unique(masks["labels"])) == {0, 1, 2, 3}


def test_the_camera_geometry_puts_the_carrot_where_the_picture_shows_it(carrot: ManipulationEnv) -> None:
    _, info = carrot.reset(seed=0)
    geometry, masks = info["privileged"]["cameras"][CAMERA], info["privileged"]["masks"][CAMERA]
    carrot_pose = info["privileged"]["objects"]["carrot"]["pose"]
    seen = geometry["intrinsic"] @ (geometry["extrinsic"] @ np.append(carrot_pose[:3], 1))[:3]
    u, v = (seen[:2] / seen[2]).round().astype(int)
    assert masks["names"][masks["labels"][v, u]] == "carrot"


def test_pictures_are_rendered_when_looked_at(carrot: ManipulationEnv) -> None:
    carrot.reset(seed=0)
    before = carrot.frames_rendered
    for _ in range(3):
        observation, *_ = carrot.step(np.zeros(7, np.float32))
    assert carrot.frames_rendered == before
    observation["image"][CAMERA]
    observation["image"][CAMERA]
    assert carrot.frames_rendered == before + 1


def test_leaving_the_covered_stage_out_changes_no_pixel(carrot: ManipulationEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    task = carrot.task
    assert isinstance(task, PutOnTask)
    carrot.reset(seed=0, options={"episode_id": 5})
    assert not task.stage_hides_something()
    without = task.render_camera(CAMERA)
    monkeypatch.setattr(task, "stage_hides_something", lambda: True)
    np.testing.assert_array_equal(without, task.render_camera(CAMERA))


def test_two_set_ups_in_one_process_keep_their_own_photographs(carrot: ManipulationEnv, assets: Path) -> None:
    from envs.manipulation.simpler.make import make_simpler

    mine = carrot.reset(seed=0)[0]["image"][CAMERA].copy()
    sink = make_simpler("PutEggplantInBasket", assets)
    theirs = sink.reset(seed=0)[0]["image"][CAMERA].copy()
    np.testing.assert_array_equal(carrot.reset(seed=0)[0]["image"][CAMERA], mine)
    assert (theirs[-40:] != mine[-40:]).mean() > 0.5, "another photograph"
    sink.close()


def test_without_the_photograph_the_whole_scene_is_simulated(assets: Path) -> None:
    from envs.manipulation.simpler.make import make_simpler

    env = make_simpler("PutCarrotOnPlate", assets, overlay=False, shader="minimal")
    observation, info = env.reset(seed=0)
    assert observation["image"][CAMERA].std() > 5
    assert info["episode"]["setting"] == "simulated"
    assert info["episode"]["shader"] == "minimal"
    env.close()


@pytest.mark.parametrize("episode_id", [0, 13])
def test_the_expert_succeeds_and_the_events_tell_the_story(carrot: ManipulationEnv, episode_id: int) -> None:
    _, info = carrot.reset(seed=0, options={"episode_id": episode_id})
    names: list[str] = []
    subtasks: list[str] = []
    for _ in range(60):
        plan = info["privileged"]["expert"]
        assert {"carrot", "plate"} <= set(plan["points"])
        subtasks.append(plan["subtask"])
        _, progress, _, _, info = carrot.step(plan["action"])
        names += [event["name"] for event in info["events"]]
    assert info["success"]
    assert progress == 1.0
    assert all(info["subgoals"].values())
    assert names == ["reached", "grasped", "lifted", "placed"]
    assert info["episode"]["stats"]["consecutive_grasp"]
    assert subtasks[0] == "move above the carrot"
    assert subtasks[-1] == "move away"


def test_the_expert_recovers_from_noise(carrot: ManipulationEnv) -> None:
    noise = np.random.default_rng(1)
    _, info = carrot.reset(seed=0, options={"episode_id": 8})
    for _ in range(60):
        action = info["privileged"]["expert"]["action"] + np.append(noise.normal(0, 0.004, 6), 0).astype(np.float32)
        _, _, _, _, info = carrot.step(action)
    assert info["success"]


@pytest.mark.slow
def test_the_expert_solves_at_least_22_of_24(carrot: ManipulationEnv) -> None:
    assert sum(run_episode(carrot, {"episode_id": episode_id}, 60).success for episode_id in range(24)) >= 22


def test_gymnasium_makes_it_by_id(assets: Path) -> None:
    register_envs()
    env = gym.make("simpler/PutCarrotOnPlate-v0", assets=str(assets), disable_env_checker=True)
    assert isinstance(env.unwrapped, ManipulationEnv)
    env.close()


@pytest.mark.parametrize("wrong", [{"task": "PutCarrot"}, {"shader": "defualt"}, {"render_backend": "gqu"}])
def test_wrong_arguments_are_told_before_the_simulator_starts(assets: Path, wrong: dict[str, Any]) -> None:
    from envs.manipulation.simpler.make import make_simpler

    with pytest.raises(ConfigError, match="unknown"):
        make_simpler(**{"task": "PutCarrotOnPlate", "assets": assets, **wrong})


@pytest.mark.parametrize("action", [np.zeros(6), np.full(7, np.nan), np.zeros((1, 7))])
def test_a_malformed_action_is_refused(carrot: ManipulationEnv, action: Any) -> None:
    carrot.reset(seed=0)
    with pytest.raises(AgentError, match="action"):
        carrot.step(action)


def test_options_are_checked_at_reset(carrot: ManipulationEnv) -> None:
    with pytest.raises(ConfigError, match="0 to 23"):
        carrot.reset(options={"episode_id": 24})
    with pytest.raises(ConfigError, match="episode_id"):
        carrot.reset(options={"episodeid": 2})
