"""A scripted expert for the drawers: it pushes one shut from the front, and opens one by hooking half-closed fingers behind the top edge of its front (the handles cannot be touched, in the original either)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from envs.manipulation.simpler.google_expert import AS_BEFORE, STEP_ANGLE, STEP_LENGTH
from harness.environment import ExpertPlan

Vector = NDArray[np.float64]

FRONT = 0.305  # m of a drawer's front plate before the drawer's origin
EDGE = 0.07  # m of its top edge above the drawer's origin
STAND_OFF = 0.11  # m before the front, from where it is pushed
HOOK = np.array([-0.06, 0.0, -0.011])  # m of the hooked fingertips from the top edge
DIVE = np.array([-1.0, 0.0, -1.0]) / np.sqrt(2)  # the gripper points and travels this way over the edge
DIVE_LENGTH = 0.22  # m
HALF_CLOSED, CLOSED_ENOUGH = 0.5, 0.08  # openness
FINGER_TRAVEL, FINGER_REACH = 1.3, 1.31  # rad: of the joint, and of an action of 1
ON_LINE, ON_HOOK, STILL_HOOKED = 0.03, 0.025, 0.07  # m
LOW = 0.03  # m above the hook: whoever is not behind the edge there stands on it
BACK_ON_LINE = 3.0  # times as urgent as going on
ALIGNED = 0.2  # rad
SIDE = 0.15  # m: at most so far from the middle
WIDE, SHUT = 0.19, 0.049  # m of travel at which it stops
TOUCHED = 0.012  # m of travel from which on a drawer is hooked
HANGING = Rotation.from_quat(
    [0.16011547, -0.60385227, 0.78017271, -0.0324987], scalar_first=True
)  # of the gripper at the start, in the base frame
# To push, it leans back from the cabinet: as it hangs, the wrist comes up against the closed drawer above before the drawer below is shut.
PUSHING = Rotation.from_euler("y", -25, degrees=True) * HANGING
HOOKED_ROTATION = Rotation.from_matrix(np.stack([np.cross([0, 1, 0], DIVE), [0, 1, 0], DIVE], axis=1))


@dataclass(frozen=True)
class DrawerScene:
    """World frame (m, rad). ``drawer``: (3,) the drawer's origin, which moves with it; ``travel``: how far it is out."""

    drawer: Vector
    travel: float
    tcp: Vector
    tcp_rotation: Rotation
    openness: float
    base: Vector
    base_rotation: Rotation

    @property
    def edge(self) -> Vector:
        """The point of the front's top edge to work at: across from the robot."""
        return self.drawer + np.array([FRONT, float(np.clip(self.base[1], -SIDE, SIDE)), EDGE])


def command(scene: DrawerScene, way: Vector, rotation: Rotation | None, gripper: float, subtask: str) -> ExpertPlan:
    """``way``: (3,) m, world, from where the fingertips are."""
    step = way * min(1.0, STEP_LENGTH / max(float(np.linalg.norm(way)), 1e-9))
    turn = np.zeros(3) if rotation is None else (rotation * scene.tcp_rotation.inv()).as_rotvec()
    turn = turn * min(1.0, STEP_ANGLE / max(float(np.linalg.norm(turn)), 1e-9))
    to_base = scene.base_rotation.inv()
    action = np.concatenate([to_base.apply(step), to_base.apply(turn), [gripper]]).astype(np.float32)
    return {"action": action, "subtask": subtask, "points": {"drawer": scene.edge, "goal": scene.tcp + way}}


def shut(scene: DrawerScene, which: str) -> ExpertPlan:
    if scene.travel <= SHUT:
        return command(scene, np.zeros(3), None, AS_BEFORE, "rest")
    before = scene.edge + np.array([STAND_OFF, 0.0, -EDGE + 0.01])
    off = scene.tcp - before
    leaning = scene.base_rotation * PUSHING
    level = abs(off[2]) <= ON_LINE and abs(off[1]) <= 2 * ON_LINE
    if level:
        return command(scene, np.array([-STEP_LENGTH, -off[1], -off[2]]), leaning, AS_BEFORE, f"push {which} drawer")
    if off[0] < -ON_LINE:
        return command(scene, np.array([-off[0] + ON_LINE, 0.0, 0.0]), leaning, AS_BEFORE, f"go before {which} drawer")
    return command(scene, -off, leaning, AS_BEFORE, f"go down to {which} drawer")


def still_hooked(scene: DrawerScene) -> bool:
    """Whether the fingertips are where they pull from."""
    return bool(np.linalg.norm(scene.tcp - (scene.edge + HOOK)) <= STILL_HOOKED)


def pull_open(scene: DrawerScene, which: str, wide: float = WIDE) -> ExpertPlan:
    """``wide``: m of travel at which it stops."""
    if scene.travel >= wide:
        return command(scene, np.zeros(3), None, AS_BEFORE, "rest")
    off = scene.tcp - (scene.edge + HOOK)
    away = float(np.linalg.norm(off))
    if away <= (STILL_HOOKED if scene.travel > TOUCHED else ON_HOOK):
        return command(scene, np.array([0.06, -off[1], -off[2] - 0.01]), HOOKED_ROTATION, AS_BEFORE, f"pull {which} drawer")
    along = float(off @ DIVE)
    beside = float(np.linalg.norm(off - along * DIVE))
    turned = float((HOOKED_ROTATION * scene.tcp_rotation.inv()).magnitude())
    ready = abs(scene.openness - HALF_CLOSED) <= CLOSED_ENOUGH
    gripper = AS_BEFORE if ready else (scene.openness - HALF_CLOSED) * FINGER_TRAVEL / FINGER_REACH
    if turned <= ALIGNED and off[0] > ON_HOOK and off[2] < LOW:  # the fingertips stand on the edge
        return command(scene, np.array([0.0, -off[1], 2 * LOW - off[2]]), HOOKED_ROTATION, gripper, f"lift over {which} drawer's edge")
    if beside <= ON_LINE and turned <= ALIGNED and ready:
        astray = off - along * DIVE  # from the line; the arm sinks more than it is told to
        return command(scene, -off + 0.01 * DIVE - BACK_ON_LINE * astray, HOOKED_ROTATION, gripper, f"reach behind {which} drawer's edge")
    return command(scene, -off - DIVE_LENGTH * DIVE, HOOKED_ROTATION, gripper, f"go over {which} drawer")
