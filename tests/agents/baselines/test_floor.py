"""Random and hold: the floor."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from agents.baselines.hold import HoldAgent
from agents.baselines.random import RandomAgent
from harness.agent import Agent, Task
from harness.conformance.toy_env import ToyEnv
from harness.rollout import rollout
from harness.scenario import Scenario


def act(agent: Agent, space: spaces.Box, seed: int = 0, steps: int = 200) -> np.ndarray:
    agent.reset(Task("", space, 10.0, steps), seed)
    return np.stack([np.asarray(agent.act({"image": {}, "state": {}, "instruction": ""})) for _ in range(steps)])


SKEWED = spaces.Box(np.array([0.2, -0.5], np.float32), np.array([0.6, 0.0], np.float32))


def test_random_fills_the_space_and_stays_inside():
    drawn = act(RandomAgent(), SKEWED)
    assert all(SKEWED.contains(action) for action in drawn)
    assert np.allclose(drawn.min(axis=0), SKEWED.low, atol=0.02)
    assert np.allclose(drawn.max(axis=0), SKEWED.high, atol=0.02)


def test_random_is_seeded():
    assert np.array_equal(act(RandomAgent(), SKEWED, 3), act(RandomAgent(), SKEWED, 3))
    assert not np.array_equal(act(RandomAgent(), SKEWED, 3), act(RandomAgent(), SKEWED, 4))


def test_random_in_an_unbounded_space():
    drawn = act(RandomAgent(), spaces.Box(-np.inf, np.inf, (2,), np.float32))
    assert np.abs(drawn).max() <= 1.0


def test_hold_does_nothing():
    assert not act(HoldAgent(), spaces.Box(-1, 1, (7,), np.float32)).any()
    assert np.allclose(act(HoldAgent(), SKEWED)[0], [0.2, 0.0])  # the nearest to nothing that the space permits


def test_hold_stays_where_it_is():
    env: gym.Env = ToyEnv()
    trace = rollout(Scenario(env="gauntlet/Toy-v0", max_steps=5), env, HoldAgent())
    assert np.array_equal(trace.states[0]["position"], trace.states[-1]["position"])
