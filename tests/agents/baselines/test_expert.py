"""The expert and its weaker twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.baselines.expert import ExpertAgent, NoisyExpertAgent, project
from harness.agent import Agent
from harness.conformance.toy_env import ToyEnv
from harness.environment import CameraGeometry
from harness.errors import AgentError
from harness.rollout import Rollout, rollout
from harness.scenario import Scenario

CAMERA: CameraGeometry = {
    "intrinsic": np.array([[100.0, 0.0, 50.0], [0.0, 100.0, 40.0], [0.0, 0.0, 1.0]]),
    "extrinsic": np.array(
        [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 1.0]]
    ),  # 2 m behind the origin
    "size": (100, 80),
}


def run(agent: Agent, seed: int = 0, env: ToyEnv | None = None, steps: int = 12) -> Rollout:
    return rollout(Scenario(env="gauntlet/Toy-v0", seed=seed, max_steps=steps), env or ToyEnv(), agent)


def actions(agent: Agent, seed: int = 0) -> np.ndarray:
    return np.stack(run(agent, seed).actions)


def test_the_expert_solves_the_toy():
    assert all(run(ExpertAgent(), seed).success[-1] for seed in range(20))


def test_the_expert_tells_its_subtask():
    assert {t.subtask for t in run(ExpertAgent()).thoughts if t} == {"go to the goal"}


class Sighted(ToyEnv):
    """Has cameras in its truth: one that sees the point, one that looks away."""

    def _info(self) -> dict[str, Any]:
        behind: CameraGeometry = {**CAMERA, "extrinsic": np.diag([1.0, 1.0, -1.0, 1.0])}
        plan = {"action": np.zeros(2), "subtask": "look", "points": {"goal": np.array([0.2, 0.1, 0.0])}}
        return {**super()._info(), "privileged": {"expert": plan, "cameras": {"front": CAMERA, "behind": behind}}}


def test_the_expert_points_at_what_it_attends_to():
    (thought,) = [t for t in run(ExpertAgent(), env=Sighted(), steps=1).thoughts if t]
    (point,) = thought.points
    assert (point.label, point.camera) == ("goal", "front")
    assert (point.x, point.y) == pytest.approx((60.0, 45.0))


def test_an_environment_without_expert():
    class Blind(ToyEnv):
        def _info(self) -> dict[str, Any]:
            return {**super()._info(), "privileged": {}}

    with pytest.raises(AgentError, match="no scripted expert"):
        run(ExpertAgent(), env=Blind())


@pytest.mark.parametrize(
    ("position", "pixel"),
    [
        ((0.0, 0.0, 0.0), (50.0, 40.0)),
        ((0.2, -0.4, 0.0), (60.0, 20.0)),
        ((0.2, 0.0, 2.0), (55.0, 40.0)),
        ((0.0, 0.0, -2.5), None),
        ((1.1, 0.0, 0.0), None),
        ((0.0, 0.9, 0.0), None),
    ],
)
def test_projection(position: tuple[float, float, float], pixel: tuple[float, float] | None):
    point = project(np.array(position), CAMERA, "it", "front")
    assert (point and (point.x, point.y)) == (pixel and pytest.approx(pixel))


def quiet(**dials: Any) -> NoisyExpertAgent:
    return NoisyExpertAgent(**{"noise": 0.0, "freeze": 0.0, "blunder": 0.0, **dials})


def test_without_faults_it_is_the_expert():
    for seed in range(3):
        assert np.array_equal(actions(quiet(), seed), actions(ExpertAgent(), seed))


def test_noise_is_seeded():
    assert np.array_equal(actions(quiet(noise=0.5)), actions(quiet(noise=0.5)))
    assert not np.array_equal(actions(quiet(noise=0.5)), actions(quiet(noise=0.4)))


def test_the_dial_of_noise_is_monotone():
    """More noise, less progress: over 30 seeds, at the same number of steps."""
    mean = [np.mean([run(quiet(noise=noise), seed).progress[-1] for seed in range(30)]) for noise in (0.0, 1.0, 4.0)]
    assert mean[0] > mean[1] > mean[2]
    assert mean[0] - mean[2] > 0.2


def test_noise_is_a_share_of_the_experts_own_size():
    """On average over many draws: noise 0.1 of moves of at most 0.1."""
    first = np.concatenate([actions(quiet(noise=0.1), seed)[0] - actions(ExpertAgent(), seed)[0] for seed in range(200)])
    assert first.min() < 0
    assert np.abs(first[first < 0]).mean() == pytest.approx(0.01 * np.sqrt(2 / np.pi), rel=0.25)


def test_actions_stay_in_the_space():
    wild = np.concatenate([actions(NoisyExpertAgent(noise=20.0, freeze=0.2, blunder=0.2), seed) for seed in range(5)])
    assert np.abs(wild).max() <= np.float32(0.1)


def test_freezing_repeats_the_last_action():
    frozen = actions(quiet(noise=0.5, freeze=1.0))
    assert (frozen == frozen[0]).all()


def test_a_blunder_lasts():
    blundering = actions(quiet(blunder=1.0, blunder_steps=4))
    assert (blundering[0:4] == blundering[0]).all()
    assert not np.array_equal(blundering[4], blundering[0])
    assert not np.array_equal(blundering[0], actions(ExpertAgent())[0])


def test_one_dial_leaves_the_randomness_of_the_others_alone():
    """The first steps of a run that never freezes are those of one that freezes later."""
    sometimes, never = actions(quiet(noise=0.5, freeze=0.2)), actions(quiet(noise=0.5))
    same = (sometimes == never).all(axis=1)
    assert 0 < same.sum() < len(same)


def test_the_thought_is_the_experts():
    assert {t.subtask for t in run(quiet(noise=1.0)).thoughts if t} == {"go to the goal"}


@pytest.mark.parametrize("dials", [{"noise": -0.1}, {"freeze": 1.5}, {"blunder": -1}, {"noise": float("nan")}])
def test_dials_out_of_range(dials: dict[str, Any]):
    with pytest.raises(AgentError, match=f"noisy-expert: {next(iter(dials))}="):
        NoisyExpertAgent(**dials)
