"""Images now: for programs that keep observations."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from harness.conformance.toy_env import ToyEnv
from harness.eager import EagerImages
from harness.env_maker import known_env_id
from tests.harness.conftest import TOY


@pytest.fixture
def env() -> EagerImages:
    return EagerImages(gym.make(known_env_id(TOY)))


def rendered(env: EagerImages) -> int:
    toy = env.unwrapped
    assert isinstance(toy, ToyEnv)
    return toy.frames_rendered


def test_every_frame_is_rendered_once_and_stays(env: EagerImages):
    first, info = env.reset(seed=0)
    assert type(first["image"]) is dict
    assert "privileged" not in info
    frame = first["image"]["top"].copy()
    for _ in range(3):
        observation, *_, info = env.step(np.full(2, 0.1, np.float32))
        assert "privileged" not in info
    assert rendered(env) == 4
    assert np.array_equal(first["image"]["top"], frame)
    assert not np.array_equal(observation["image"]["top"], frame)
