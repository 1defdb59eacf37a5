"""A scripted expert for the put-on tasks: the ceiling of the suites, and a source of demonstrations.

It decides anew at every step from the true state alone (where the object, its target and the gripper are, and whether the fingers hold something), so it recovers from a slip or from noise added to its actions, and it may be asked
at any step or not at all. It acts through the same controller as any policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from harness.environment import ExpertPlan

Vector = NDArray[np.float64]

OPEN, CLOSED = 1.0, -1.0
STEP_LENGTH, STEP_ANGLE = 0.04, 0.35  # m, rad: the most that the commanded pose moves in a control step
HOVER = 0.07  # m of the fingertips above the grasp before they go down
AT_GRASP = 0.004  # m: close enough to close the fingers
ABOVE = 0.012  # m off the vertical through the grasp, close enough to go down
ALIGNED = 0.1  # rad
FIRM_STEPS = 2  # control steps for which the fingers must have held before the object is moved
RELEASE_SLACK = 0.006  # m above the release height at which the fingers open
OPENED = 0.8  # openness at which the fingers are clear of the object
CLOSED_ON_NOTHING = 0.03  # openness below which fingers that hold nothing have missed
POINTING_DOWN = Rotation.from_euler("y", 90, degrees=True)  # the gripper's x axis points down; its fingers open along its y axis


@dataclass(frozen=True)
class GraspHint:
    """How to handle the source. Lengths in m, between centres of mass or the point between the fingertips; angles in rad."""

    height: float  # of the fingertips above the source when they close
    release_height: float  # of the source above the target when it is let go
    carry: float = 0.08  # of the source above where it is released, while it is carried
    above_goal: float = 0.012  # off the vertical through the target, close enough to go down
    retreat: float = 0.08  # of the fingertips above where they let go, in the end
    symmetry: float = float(np.pi)  # the turn after which a grasp is the same grasp


@dataclass(frozen=True)
class PutOnScene:
    """What the expert knows, all in the base frame of the robot (m, rad). ``source``, ``target``: centres of mass; ``source_yaw``: of the source's x axis; ``tcp``, ``commanded``: measured and commanded position between the fingertips; ``held_steps``: control steps for which the fingers have held the source."""

    source: Vector
    source_yaw: float
    target: Vector
    tcp: Vector
    tcp_rotation: Rotation
    commanded: Vector
    commanded_rotation: Rotation
    openness: float
    held_steps: int
    on_target: bool

    @property
    def holding(self) -> bool:
        return self.held_steps > 0


@dataclass(frozen=True)
class Intent:
    """Where the gripper should go next, and why."""

    subtask: str
    position: Vector
    yaw: float
    gripper: float


def intend(scene: PutOnScene, hint: GraspHint, source: str, target: str) -> Intent:
    """The next sub-goal. ``source``, ``target``: their names in words."""
    held_yaw = yaw_of(scene.commanded_rotation)
    if scene.on_target and not (scene.holding and _too_high_to_release(scene, hint)):
        if scene.openness < OPENED:
            return Intent(f"let go of the {source}", scene.commanded, held_yaw, OPEN)
        up = np.append(scene.commanded[:2], scene.target[2] + hint.release_height + hint.retreat)
        return Intent("move away", up, held_yaw, OPEN)
    if scene.holding:
        return _carry(scene, hint, source, target, held_yaw)
    return _fetch(scene, hint, source)


def _too_high_to_release(scene: PutOnScene, hint: GraspHint) -> bool:
    return bool(scene.source[2] - scene.target[2] > hint.release_height + RELEASE_SLACK)


def _carry(scene: PutOnScene, hint: GraspHint, source: str, target: str, yaw: float) -> Intent:
    if scene.held_steps < FIRM_STEPS:
        return Intent(f"grasp the {source}", scene.commanded, yaw, CLOSED)
    grip = scene.tcp - scene.source  # from the object to the fingertips
    release = above(scene.target, hint.release_height)
    carry_height = release[2] + hint.carry
    away = float(np.linalg.norm(scene.source[:2] - scene.target[:2]))
    if away <= hint.above_goal:
        if not _too_high_to_release(scene, hint):
            return Intent(f"let go of the {source}", scene.commanded, yaw, OPEN)
        return Intent(f"lower the {source} onto the {target}", release + grip, yaw, CLOSED)
    if scene.source[2] < carry_height - hint.carry / 2:
        return Intent(f"lift the {source}", np.append(scene.commanded[:2], carry_height + grip[2]), yaw, CLOSED)
    return Intent(f"carry the {source} to the {target}", np.append(release[:2], carry_height) + grip, yaw, CLOSED)


def _fetch(scene: PutOnScene, hint: GraspHint, source: str) -> Intent:
    yaw = nearest_turn(scene.source_yaw, yaw_of(scene.tcp_rotation), hint.symmetry)
    grasp = above(scene.source, hint.height)
    hover = above(grasp, HOVER)
    if scene.openness < CLOSED_ON_NOTHING:
        return Intent("open the gripper and try again", np.append(scene.commanded[:2], hover[2]), yaw, OPEN)
    off = scene.tcp - grasp
    if np.linalg.norm(off) <= AT_GRASP:
        return Intent(f"grasp the {source}", grasp, yaw, CLOSED)
    aligned = (scene.tcp_rotation.inv() * Rotation.from_euler("z", yaw) * POINTING_DOWN).magnitude() <= ALIGNED
    if np.linalg.norm(off[:2]) <= ABOVE and aligned:
        return Intent(f"go down to the {source}", grasp, yaw, OPEN)
    return Intent(f"move above the {source}", hover, yaw, OPEN)


def above(point: Vector, height: float) -> Vector:
    return point + np.array([0.0, 0.0, height])


def yaw_of(rotation: Rotation) -> float:
    """rad: the turn about the vertical of a gripper that points roughly down."""
    sideways = rotation.apply([0.0, 1.0, 0.0])
    return float(np.arctan2(-sideways[0], sideways[1]))


def nearest_turn(angle: float, to: float, period: float) -> float:
    """``angle`` plus the multiple of ``period`` that comes nearest to ``to``."""
    return float(angle + period * np.round((to - angle) / period))


def towards(scene: PutOnScene, intent: Intent) -> NDArray[np.float32]:
    """The (7,) action that brings the commanded pose a step nearer to the intended one.

    The controller turns the commanded pose about the measured point (:mod:`envs.manipulation.simpler.controller`); the translation here takes back what that swings.
    """
    way = intent.position - scene.commanded
    way *= min(1.0, STEP_LENGTH / max(float(np.linalg.norm(way)), 1e-9))
    turn = (Rotation.from_euler("z", intent.yaw) * POINTING_DOWN * scene.commanded_rotation.inv()).as_rotvec()
    turn *= min(1.0, STEP_ANGLE / max(float(np.linalg.norm(turn)), 1e-9))
    lag = scene.commanded - scene.tcp
    translation = way + lag - Rotation.from_rotvec(turn).apply(lag)
    return cast(NDArray[np.float32], np.concatenate([translation, turn, [intent.gripper]]).astype(np.float32))


def plan(scene: PutOnScene, hint: GraspHint, source: str, target: str, base: tuple[Vector, Rotation]) -> ExpertPlan:
    """``base``: position and rotation of the robot's base in the world, for the points, which are in the world."""
    intent = intend(scene, hint, source, target)
    position, rotation = base
    points = {source: scene.source, target: scene.target, "waypoint": intent.position}
    return {
        "action": towards(scene, intent),
        "subtask": intent.subtask,
        "points": {name: position + rotation.apply(point) for name, point in points.items()},
    }
