"""5 Hz control of the gripper's pose: SIMPLER's WidowX convention on the Panda.

An action is (dx, dy, dz, rx, ry, rz, g): a displacement (m) and a rotation vector (rad) in the axes of the robot's base, both relative to the pose *commanded* by the previous action (not the measured one); the rotation
turns about the tool centre point. g is absolute: +1 open, -1 closed, linear between. Nothing is normalised. Unlike SIMPLER's WidowX controller the joint targets are interpolated over the control step, with velocity
feed-forward, so that the arm moves smoothly and arrives in time; and the commanded pose never leads the measured one by more than a leash, so that pushing against the table does not wind up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.tabletop.kinematics import SerialArm, rotation_matrix, rotation_vector
from envs.manipulation.tabletop.robot import ARM_JOINTS, FINGER_JOINTS, FINGER_TRAVEL, TCP_LINK

Array = NDArray[np.float64]

ACTION_HIGH = np.array([0.1, 0.1, 0.1, 0.5, 0.5, 0.5, 1.0], np.float32)  # 0.5 m/s and 2.5 rad/s
ACTION_LOW = -ACTION_HIGH
CONTROL_HZ = 5

HOME = np.array([0.0, np.pi / 8, 0.0, -np.pi * 5 / 8, 0.0, np.pi * 3 / 4, np.pi / 4])  # gripper 0.6 m ahead of the base, pointing down
STIFFNESS, DAMPING, FORCE_LIMIT = 1e3, 1e2, 100.0  # as ManiSkill's Panda
_CLOSED_TARGET = -0.01  # m: past closed, so that the fingers still press on thin things
_LEASH = (0.20, 1.0)  # m, rad: a little longer than the largest action
_REACHED = 2e-3  # inverse kinematics: a larger error means that the pose cannot be reached


class GripperPoseController:
    """Drives one SAPIEN articulation. All poses are in the robot's base frame."""

    def __init__(self, urdf: Path) -> None:
        self.arm = SerialArm(urdf, TCP_LINK)
        self.position: Array = np.zeros(3)  # commanded
        self.rotation: Array = np.eye(3)  # commanded
        self.openness = 1.0  # commanded, -1..1

    def attach(self, robot: Any, start: Array | None = None) -> None:
        """Takes over a freshly built robot (ManiSkill's articulation): joints in ``HOME``, or the gripper pointing down at ``start`` (3,); fingers open."""
        home = HOME if start is None else self.arm.inverse(HOME, start, self.arm.forward(HOME)[1], HOME, iterations=100)[0]
        articulation = robot._objs[0]
        joints = {joint.name: joint._objs[0] for joint in robot.active_joints}
        self._articulation = articulation
        self._arm_joints = [joints[name] for name in ARM_JOINTS]
        self._finger_joints = [joints[name] for name in FINGER_JOINTS]
        self._order = [list(joints).index(name) for name in ARM_JOINTS]
        qpos = np.full(len(joints), FINGER_TRAVEL)
        qpos[self._order] = home
        articulation.set_qpos(qpos.astype(np.float32))
        articulation.set_qvel(np.zeros(len(joints), np.float32))
        for joint in (*self._arm_joints, *self._finger_joints):
            joint.set_drive_properties(STIFFNESS, DAMPING, force_limit=FORCE_LIMIT, mode="force")
            joint.set_friction(0.0)
        for joint, angle in zip(self._arm_joints, home):
            joint.set_drive_target(float(angle))
            joint.set_drive_velocity_target(0.0)
        for joint in self._finger_joints:
            joint.set_drive_target(FINGER_TRAVEL)
        self._targets = home.copy()
        self.position, self.rotation, _ = self.arm.forward(home)
        self.openness = 1.0

    def command(self, action: NDArray[np.float32]) -> Array:
        """Sets the new commanded pose and returns the joint targets (7,) that reach it. The action is clipped to the bounds."""
        bounded = np.clip(np.asarray(action, np.float64), ACTION_LOW, ACTION_HIGH)
        position = self.position + bounded[:3]
        rotation = rotation_matrix(bounded[3:6]) @ self.rotation
        position, rotation = self._on_leash(position, rotation)
        joints, error = self.arm.inverse(self._targets, position, rotation, HOME)
        if error > _REACHED:  # out of reach: command the nearest pose found, not one that runs away
            position, rotation, _ = self.arm.forward(joints)
        self.position, self.rotation, self.openness = position, rotation, float(bounded[6])
        for finger in self._finger_joints:
            finger.set_drive_target(_CLOSED_TARGET + (FINGER_TRAVEL - _CLOSED_TARGET) * (self.openness + 1) / 2)
        return joints

    def drive(self, joints: Array, substeps: int, simulate: Any) -> None:
        """Moves to ``joints`` over one control step: ``substeps`` calls of ``simulate()``, the drive targets a straight line in joint space."""
        begin, velocity = self._targets, (joints - self._targets) * CONTROL_HZ
        for joint, speed in zip(self._arm_joints, velocity):
            joint.set_drive_velocity_target(float(speed))
        for substep in range(1, substeps + 1):
            now = begin + (joints - begin) * (substep / substeps)
            for joint, angle in zip(self._arm_joints, now):
                joint.set_drive_target(float(angle))
            simulate()
        self._targets = joints

    def measured(self) -> tuple[Array, Array]:
        """(position, rotation) of the tool centre point from the measured joint angles."""
        qpos = np.asarray(self._articulation.get_qpos(), np.float64)
        position, rotation, _ = self.arm.forward(qpos[self._order])
        return position, rotation

    def _on_leash(self, position: Array, rotation: Array) -> tuple[Array, Array]:
        here, turned = self.measured()
        lead = position - here
        distance = float(np.linalg.norm(lead))
        if distance > _LEASH[0]:
            position = here + lead * (_LEASH[0] / distance)
        angle = rotation_vector(rotation @ turned.T)
        size = float(np.linalg.norm(angle))
        if size > _LEASH[1]:
            rotation = rotation_matrix(angle * (_LEASH[1] / size)) @ turned
        return position, rotation
