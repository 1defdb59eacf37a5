"""The apple task's two instructions, and environments of different set-ups side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from envs.manipulation.adapter import ManipulationEnv

pytestmark = pytest.mark.sim

STILL = np.zeros(7, np.float32)


def make(task: str, assets: Path) -> ManipulationEnv:
    from envs.manipulation.simpler.make import make_simpler

    return make_simpler(task, assets)


def test_the_second_instruction_comes_when_the_policy_says_so(assets: Path) -> None:
    env = make("PlaceIntoClosedTopDrawer", assets)
    observation, _ = env.reset(seed=0, options={"urdf_version": "none", "pose": "b0", "episode_id": 4})
    assert observation["instruction"] == "open top drawer"
    assert env.advance_subtask()
    observation, *_ = env.step(STILL)
    assert observation["instruction"] == "place apple into top drawer"
    assert not env.advance_subtask()
    observation, _ = env.reset(seed=0, options={"urdf_version": "none", "pose": "b0", "episode_id": 4})
    assert observation["instruction"] == "open top drawer"
    env.close()


def test_environments_of_different_set_ups_do_not_mix(assets: Path) -> None:
    options = {"urdf_version": "none", "orientation": "lr_switch", "episode_id": 7}
    moves = np.random.default_rng(3).uniform(-0.02, 0.02, (4, 7)).astype(np.float32)

    def play(env: ManipulationEnv, other: ManipulationEnv | None) -> list[bytes]:
        seen: list[bytes] = []
        env.reset(seed=0, options=options)
        if other is not None:
            other.reset(seed=1)
        for move in moves:
            observation, *_ = env.step(move)
            seen += [observation["state"]["qpos"].tobytes(), next(iter(observation["image"].values())).tobytes()]
            if other is not None:
                other.step(STILL)
        return seen

    coke = make("PickCokeCan", assets)
    alone = play(coke, None)
    assert not coke.advance_subtask()
    for name in ("MoveNear", "PutEggplantInBasket"):  # another contact offset; another rate, robot and photograph
        other = make(name, assets)
        assert play(coke, other) == alone
        other.close()
    coke.close()


@pytest.mark.slow
def test_the_expert_places_the_apple(assets: Path) -> None:
    from envs.manipulation.simpler.expert_table import run_episode

    env = make("PlaceIntoClosedTopDrawer", assets)
    assert run_episode(env, {"urdf_version": "none", "pose": "b0", "episode_id": 4}, 200).success
    env.close()
