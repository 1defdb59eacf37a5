"""Simulated states against the official devkit's (26 plans a scene, and PDM-Closed's), and what the tracker must do by itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from envs.driving.errors import TrajectoryError
from envs.driving.scene import Trajectory
from envs.driving.state import State
from envs.driving.vehicle import interpolate_poses, plan_batch, reference_poses, simulate

FIXTURES = os.environ.get("GAUNTLET_NAVSIM_FIXTURES", "")
START_US = 1630000001500000

needs_fixtures = pytest.mark.skipif(not FIXTURES, reason="GAUNTLET_NAVSIM_FIXTURES names no folder of NAVSIM fixtures")


def straight(speed: float) -> Trajectory:
    return Trajectory(np.linspace([0.5 * speed, 0.0, 0.0], [4 * speed, 0.0, 0.0], 8))


def still(speed: float = 0.0) -> np.ndarray:
    state = np.zeros(11)
    state[:3] = 331000.0, 4690000.0, 0.4
    state[State.VX] = speed
    return state


@needs_fixtures
def test_every_plan_of_every_fixture_ends_in_the_official_states():
    folder = Path(FIXTURES)
    plans = json.loads((folder / "trajectories.json").read_text())
    scenes = json.loads((folder / "official_v2_log_replay.json").read_text())["scenes"]
    worst = 0.0
    for token, rows in plans.items():
        official = np.load(folder / f"intermediates/{token}_sim.npz")
        start_us, initial = scenes[token]["start_time_us"], official["sim"][0, 0]
        batch = plan_batch([Trajectory(np.array(row["poses"]), row["dt"]) for row in rows])
        ours = simulate(initial, reference_poses(initial[:3], start_us, batch))
        planner = np.array(json.loads((folder / f"intermediates/{token}.json").read_text())["pdm_trajectory_51"])
        reference = interpolate_poses(planner[:, :3], start_us)
        worst = max(worst, np.abs(ours - official["sim"]).max(), np.abs(simulate(initial, reference[None])[0] - official["pdm_sim"]).max())
    assert worst < 1e-6, f"worst difference of a state: {worst:.3g}"


def test_a_batch_gives_what_its_members_give_alone():
    rng = np.random.default_rng(3)
    plans = [
        Trajectory(np.cumsum(rng.uniform(0, 3, (n, 3)) * [1, 0.1, 0.02], 0), dt) for n, dt in ((8, 0.5), (40, 0.1), (4, 0.5), (1, 0.5))
    ]
    state = still(5.0)
    together = simulate(state, reference_poses(state[:3], START_US, plan_batch(plans)))
    for i, plan in enumerate(plans):
        alone = simulate(state, reference_poses(state[:3], START_US, plan_batch([plan])))
        np.testing.assert_array_equal(together[i], alone[0])


def test_a_vehicle_that_stands_and_is_told_to_stand_does_not_move():
    state = still()
    states = simulate(state, reference_poses(state[:3], START_US, plan_batch([Trajectory(np.zeros((8, 3)))])))
    np.testing.assert_allclose(states[0, -1, :3], state[:3], atol=1e-6)


def test_a_straight_plan_at_constant_speed_is_followed():
    state = still(6.0)
    states = simulate(state, reference_poses(state[:3], START_US, plan_batch([straight(6.0)])))
    driven = np.hypot(*(states[0, -1, :2] - state[:2]))
    assert driven == pytest.approx(24.0, abs=1e-3)


def test_times_are_truncated_to_microseconds():
    """A third of the samples of a drive at 10 m/s lie a microsecond early: 1e-5 m."""
    state = still(10.0)
    reference = reference_poses(state[:3], START_US + 12_345, plan_batch([straight(10.0)]))[0]
    along = np.hypot(*(reference[:, :2] - state[:2]).T)
    early = np.arange(41) - along
    assert 0 < np.count_nonzero(early > 5e-6) < 41
    assert early.max() < 1.5e-5


def test_few_steps_are_the_beginning_of_many():
    state = still(7.0)
    reference = reference_poses(state[:3], START_US, plan_batch([straight(9.0)]))
    np.testing.assert_array_equal(simulate(state, reference, steps=5)[0], simulate(state, reference)[0, :6])


def test_an_array_is_as_good_as_trajectories_and_checked_like_them():
    poses = np.stack([straight(4.0).poses, straight(8.0).poses])
    one, other = plan_batch(poses), plan_batch([straight(4.0), straight(8.0)])
    np.testing.assert_array_equal(one.poses, other.poses)
    with pytest.raises(TrajectoryError, match="not finite"):
        plan_batch(np.where(poses == poses.max(), np.nan, poses))
    with pytest.raises(TrajectoryError, match="shape"):
        plan_batch(poses[0])
    with pytest.raises(TrajectoryError, match="dt"):
        plan_batch([Trajectory(poses[0], 1e-5)])
