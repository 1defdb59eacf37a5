"""Recorded actions, played back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.baselines.replay import ReplayAgent
from harness.conformance.toy_env import ToyEnv
from harness.errors import AgentError
from harness.rollout import rollout
from harness.scenario import Scenario

ACTIONS = np.linspace(-0.09, 0.09, 8, dtype=np.float32).reshape(4, 2)


def scenario(seed: int = 0, steps: int = 6) -> Scenario:
    return Scenario(env="gauntlet/Toy-v0", seed=seed, max_steps=steps)


def played(path: Path, given: Scenario) -> np.ndarray:
    return np.stack(rollout(given, ToyEnv(), ReplayAgent(str(path))).actions)


def test_one_sequence_for_all_and_the_last_action_repeats(tmp_path: Path):
    np.savez(tmp_path / "one.npz", actions=ACTIONS)
    for seed in (0, 1):
        assert np.array_equal(played(tmp_path / "one.npz", scenario(seed)), ACTIONS[[0, 1, 2, 3, 3, 3]])


def test_a_sequence_per_scenario(tmp_path: Path):
    arrays: dict[str, Any] = {scenario(0).id: ACTIONS, scenario(1).id: -ACTIONS}
    np.savez(tmp_path / "many.npz", **arrays)
    assert np.array_equal(played(tmp_path / "many.npz", scenario(0))[:4], ACTIONS)
    assert np.array_equal(played(tmp_path / "many.npz", scenario(1))[:4], -ACTIONS)
    with pytest.raises(AgentError, match=f"no actions for scenario {scenario(2).id}"):
        played(tmp_path / "many.npz", scenario(2))


def test_the_scenarios_own_sequence_comes_first(tmp_path: Path):
    arrays: dict[str, Any] = {"actions": ACTIONS, scenario(1).id: -ACTIONS}
    np.savez(tmp_path / "both.npz", **arrays)
    assert np.array_equal(played(tmp_path / "both.npz", scenario(0))[:4], ACTIONS)
    assert np.array_equal(played(tmp_path / "both.npz", scenario(1))[:4], -ACTIONS)


def test_a_second_episode_begins_at_the_beginning(tmp_path: Path):
    np.savez(tmp_path / "one.npz", actions=ACTIONS)
    agent, env = ReplayAgent(str(tmp_path / "one.npz")), ToyEnv()
    runs = [np.stack(rollout(scenario(), env, agent).actions) for _ in range(2)]
    assert np.array_equal(runs[0], runs[1])


def test_a_recorded_episode_replays_to_the_same_states(tmp_path: Path):
    from agents.baselines.expert import NoisyExpertAgent

    original = rollout(scenario(3), ToyEnv(), NoisyExpertAgent(noise=0.5))
    np.savez(tmp_path / "one.npz", actions=np.stack(original.actions))
    again = rollout(scenario(3), ToyEnv(), ReplayAgent(str(tmp_path / "one.npz")))
    assert all(np.array_equal(a["position"], b["position"]) for a, b in zip(original.states, again.states))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist .*agent.path=FILE.npz"),
        (b"not a zip", "cannot be read"),
        (b"", "cannot be read"),
        (b"PK\x03\x04cut", "cannot be read"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes | None, words: str):
    path = tmp_path / "actions.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AgentError, match=words):
        ReplayAgent(str(path))


def test_a_single_array(tmp_path: Path):
    """numpy.save instead of numpy.savez."""
    np.save(tmp_path / "actions.npy", ACTIONS)
    with pytest.raises(AgentError, match=r"numpy\.savez"):
        ReplayAgent(str(tmp_path / "actions.npy"))


def test_pickled_objects_are_not_loaded(tmp_path: Path):
    np.savez(tmp_path / "odd.npz", actions=np.array([{"a": 1}], dtype=object))
    with pytest.raises(AgentError, match="cannot be read"):
        ReplayAgent(str(tmp_path / "odd.npz"))


def test_no_actions(tmp_path: Path):
    np.savez(tmp_path / "empty.npz", actions=np.zeros((0, 2)))
    with pytest.raises(AgentError, match="no actions"):
        played(tmp_path / "empty.npz", scenario())
