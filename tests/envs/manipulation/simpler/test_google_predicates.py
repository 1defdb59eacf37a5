"""The Google Robot's predicates on states into which the original was put: no physics."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import sapien

from envs.manipulation.simpler.fixtures import Fixtures
from envs.manipulation.simpler.google_judgement import CLOSED, OPENED, NearState, PickJudge, judge_near, side_presses
from envs.manipulation.simpler.joint_plan import JointPlanner
from envs.manipulation.simpler.predicates import TOUCH_IMPULSE

BAND = 0.001  # m around a threshold


def groups(fixtures: Fixtures, name: str) -> list[dict[str, Any]]:
    return json.loads((fixtures.folder / "teleport" / f"{name}.json").read_text())


def update(judge: PickJudge, group: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    (pose,) = state["poses"].values()
    touches = any(contact["impulse"] > TOUCH_IMPULSE for contact in state["object_contacts"])
    success = judge.update(False, touches, pose[2] - group["obj_height_after_settle"])
    return {
        "lifted_object": judge.lifted,
        "lifted_object_significantly": judge.significantly,
        "success": success,
        "episode_stats": judge.stats,
    }


def test_pick(fixtures: Fixtures) -> None:
    for group in groups(fixtures, "pick"):
        for state in group["states"]:
            expect_like(update(PickJudge(), group, state), state["result"])
        for sequence in group["sequences"]:
            judge = PickJudge()
            for state in sequence:
                expect_like(update(judge, group, state), state["result"])


def expect_like(answers: dict[str, Any], result: dict[str, Any]) -> None:
    assert answers == {name: result[name] for name in answers}


def test_near(fixtures: Fixtures) -> None:
    for group in groups(fixtures, "near"):
        names = list(group["xyzs_after_settle"])
        source, target = names.index(group["source"]), names.index(group["target"])
        extents = np.zeros((len(names), 3))
        extents[source], extents[target] = group["source_bbox_world"], group["target_bbox_world"]
        settled = np.array([group["xyzs_after_settle"][name] for name in names])
        for state in group["states"]:
            poses = {name: sapien.Pose(pose[:3], pose[3:]) for name, pose in state["poses"].items()}
            local = {name: sapien.Pose(com[:3], com[3:]) for name, com in group["actor_com_local"].items()}
            origins = np.array([poses[name].p for name in names], np.float64)
            centres = np.array([(poses[name] * local[name]).p for name in names], np.float64)
            verdict = judge_near(NearState(origins, centres, settled, extents, source, target))
            gap = float(np.linalg.norm(centres[source, :2] - centres[target, :2]))
            if abs(gap - group["threshold_xy"]) < BAND:
                continue
            assert verdict.as_dict() == state["result"]["episode_stats"]
            assert verdict.success == state["result"]["success"]


@pytest.mark.parametrize("name", ["open", "close"])
def test_drawers(fixtures: Fixtures, name: str) -> None:
    for group in groups(fixtures, name):
        joint = group["cabinet_joint_names"].index(group["target_joint"])
        for state in group["states"]:
            travel = state["cabinet_qpos"][joint]
            answer = travel >= OPENED if name == "open" else travel <= CLOSED
            assert answer == state["result"]["success"] or abs(travel - group["threshold"]) < BAND


def test_a_side_presses_by_strength_and_direction() -> None:
    opening = np.array([0.0, 1.0, 0.0])
    push, sideways, nothing = np.array([0.0, 0.1, 0.0]), np.array([0.1, 0.0, 0.0]), np.zeros(3)
    assert side_presses([push, nothing], [opening, opening])
    assert side_presses([nothing, push], [opening, opening])
    assert not side_presses([sideways, nothing], [opening, opening])
    assert not side_presses([-push, nothing], [opening, opening])
    assert not side_presses([nothing, nothing], [opening, opening])


def test_joint_plan_keeps_its_limits_and_starts_moving() -> None:
    planner = JointPlanner(velocity=1.5, acceleration=2.0, jerk=50.0, step_seconds=1 / 513, rows=171)
    plan = planner.plan(np.array([0.0, 1.0]), np.array([0.3, 0.0]), np.array([2.0, 1.01]))
    assert plan.positions.shape == plan.velocities.shape == (172, 2)
    np.testing.assert_allclose(plan.positions[0], [0.0, 1.0])
    np.testing.assert_allclose(plan.velocities[0], [0.3, 0.0])
    steps = np.diff(plan.positions, axis=0) * 513
    assert np.abs(steps).max() <= 1.5 + 1e-6
    assert np.abs(np.diff(plan.velocities, axis=0) * 513).max() <= 2.0 + 1e-6
    still = planner.plan(np.array([0.5, 0.5]), np.zeros(2), np.array([0.5, 0.5]))
    np.testing.assert_allclose(still.at(171)[0], [0.5, 0.5])
