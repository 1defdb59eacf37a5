"""A scripted expert for the Google Robot's table tasks: pick up, and move near.

Like that of the put-on tasks it decides anew at every step from the true state alone, and acts through the same controller as any policy. The arm follows its commands with a lag of some steps, so a command is the whole
way that is left, up to a limit, and not a fraction of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from harness.environment import ExpertPlan

Vector = NDArray[np.float64]

CLOSE, OPEN, AS_BEFORE = 1.0, -1.0, 0.0
STEP_LENGTH, STEP_ANGLE = 0.07, 0.35  # m, rad
APPROACH = np.array([-0.295, -0.143, -0.945])  # the gripper comes down slanted, as it hangs at the start
HOVER = 0.10  # m above the grasp before the fingers go down
ABOVE = 0.02  # m off the vertical through the grasp, near enough to go down
AT_GRASP = 0.012  # m
ALIGNED = 0.12  # rad
WIDE_OPEN = 0.95  # openness of a gripper that may go down over an object
FIRM_STEPS = 2  # control steps for which the fingers must have held before the object is moved
LIFT = 0.10  # m
CARRY_HEIGHT = 0.06  # m above where it settled, while it is carried near
ROUND = 0.78  # of two widths: nearer to 1 than this and either side may be grasped (a bottle is; a sponge is not)
TALL = 0.02  # m above its centre at which an object is grasped, from which on it is tall
FINGER_LENGTH = 0.06  # m of an object above the fingertips that the open gripper takes in
LIES_FLAT = 0.5  # |z| of an object's axis below which it counts as level
BESIDE = 0.05  # m between the circles around source and target when it is put down
LOW = 0.03  # m above where it settled, at which it is let go


@dataclass(frozen=True)
class TableScene:
    """What the expert knows, world frame (m, rad). ``axes``: (3, 3), columns are the source's own axes, along which its ``extents`` (3,) are measured; ``rise``: m of the source above where it settled."""

    source: Vector
    axes: Vector
    extents: Vector
    rise: float
    tcp: Vector
    tcp_rotation: Rotation
    openness: float
    held_steps: int
    base_rotation: Rotation


def closing_direction(scene: TableScene) -> Vector | None:
    """(3,) the level direction in which the object is narrowest; None if it is about as narrow in others."""
    level = [i for i in range(3) if abs(scene.axes[2, i]) < LIES_FLAT]
    if not level:
        return None
    widths = sorted((float(scene.extents[i]), i) for i in level)
    if len(widths) > 1 and widths[0][0] > ROUND * widths[1][0]:
        return None
    return scene.axes[:, widths[0][1]]


def grasp_rotation(scene: TableScene) -> Rotation:
    """The orientation in which to grasp: along APPROACH, closing across the object; of the two such, that which takes less turning."""
    now = scene.tcp_rotation.as_matrix()[:, 1]
    wanted = closing_direction(scene)
    wanted = now if wanted is None else wanted
    approach = APPROACH / np.linalg.norm(APPROACH)
    closing = wanted - (wanted @ approach) * approach
    closing = closing / np.linalg.norm(closing)
    if closing @ now < 0:
        closing = -closing
    return Rotation.from_matrix(np.stack([np.cross(closing, approach), closing, approach], axis=1))


def command(scene: TableScene, goal: Vector, rotation: Rotation | None, gripper: float, subtask: str, at: Vector) -> ExpertPlan:
    """Towards a pose of the fingertips, world."""
    way = goal - scene.tcp
    way = way * min(1.0, STEP_LENGTH / max(float(np.linalg.norm(way)), 1e-9))
    turn = np.zeros(3) if rotation is None else (rotation * scene.tcp_rotation.inv()).as_rotvec()
    turn = turn * min(1.0, STEP_ANGLE / max(float(np.linalg.norm(turn)), 1e-9))
    to_base = scene.base_rotation.inv()
    action = np.concatenate([to_base.apply(way), to_base.apply(turn), [gripper]]).astype(np.float32)
    return {"action": action, "subtask": subtask, "points": {"source": scene.source, "goal": at}}


def grasp_height(scene: TableScene) -> float:
    """m of the fingertips above the object's centre: none, unless it is so tall that the palm would press on it."""
    return max(0.0, float(np.abs(scene.axes[2]) @ scene.extents) / 2 - FINGER_LENGTH)


def fetch(scene: TableScene, word: str) -> ExpertPlan | None:
    """How to come to hold the object; None once it is held."""
    if scene.held_steps >= FIRM_STEPS:
        return None
    rotation = grasp_rotation(scene)
    grasp = scene.source + np.array([0, 0, grasp_height(scene)])
    off = scene.tcp - grasp
    across = float(np.linalg.norm(off[:2]))
    turned = float((rotation * scene.tcp_rotation.inv()).magnitude())
    if grasp_height(scene) > TALL and closing_direction(scene) is None:
        # Over a bottle far away the wrist is at its limit, and a turn that it cannot make would stop the arm: it is grasped as the gripper hangs.
        rotation, turned = None, 0.0
    closing = scene.openness < WIDE_OPEN
    if across <= ABOVE and abs(off[2]) <= AT_GRASP + 0.01 * closing:
        return command(scene, scene.tcp if closing else grasp, None, CLOSE, f"grasp {word}", grasp)
    opening = OPEN if closing else AS_BEFORE
    if (across <= ABOVE and turned <= ALIGNED and not closing) or (across <= 2 * ABOVE and off[2] < HOVER / 2 and not closing):
        return command(scene, grasp, rotation, opening, f"go down to {word}", grasp)
    return command(scene, grasp + np.array([0, 0, HOVER]), rotation, opening, f"go over {word}", grasp)


def pick(scene: TableScene, word: str) -> ExpertPlan:
    plan = fetch(scene, word)
    if plan is not None:
        return plan
    goal = scene.tcp + np.array([0, 0, max(0.0, LIFT - scene.rise)])
    return command(scene, goal, None, AS_BEFORE, f"lift {word}", goal)


def move_near(scene: TableScene, words: tuple[str, str], target: Vector, reach: float, done: bool) -> ExpertPlan:
    """``target``: (3,) its centre; ``reach``: m, the radii of source and target together; ``done``: whether it is near now."""
    source, place = words
    apart = scene.source[:2] - target[:2]
    goal_xy = target[:2] + apart / max(float(np.linalg.norm(apart)), 1e-9) * (reach + BESIDE)
    left = float(np.linalg.norm(goal_xy - scene.source[:2]))
    up = np.array([0.0, 0.0, 1.0])
    if done and (scene.held_steps == 0 or (left <= ABOVE and scene.rise <= LOW)):
        away = scene.tcp + up * (0.08 if scene.openness > WIDE_OPEN else 0.0)
        return command(scene, away if scene.tcp[2] < 1.1 else scene.tcp, None, OPEN, f"leave {source}", away)
    plan = None if done else fetch(scene, source)
    if plan is not None:
        return plan
    if left > ABOVE:
        sideways = np.append(goal_xy - scene.source[:2], 0.0) if scene.rise > CARRY_HEIGHT / 2 else np.zeros(3)
        goal = scene.tcp + sideways + up * (CARRY_HEIGHT - scene.rise)
        return command(scene, goal, None, AS_BEFORE, f"carry {source} to {place}", goal)
    goal = scene.tcp - up * scene.rise
    return command(scene, goal, None, AS_BEFORE, f"put {source} down", goal)
