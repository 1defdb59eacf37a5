"""SIMPLER's arm controller for the WidowX, ``arm_pd_ee_target_delta_pose_align2``.

An action is (dx dy dz, rotation vector) in the axes of the robot's base and moves the *previous target* of the end effector, not its measured pose. The rotation turns the previous target about the point where the end
effector is *measured* to be (R = exp(rotation vector), all in the base frame)::

    target.position    = measured + d + R (previous.position - measured)
    target.orientation = R previous.orientation

so a pure translation adds up exactly, while a rotation also swings whatever the arm lags behind. Actions are in metres and radians and are neither scaled nor clipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from mani_skill.agents.controllers.pd_ee_pose import PDEEPoseController, PDEEPoseControllerConfig
from mani_skill.utils.geometry.rotation_conversions import axis_angle_to_quaternion, quaternion_apply, quaternion_multiply
from mani_skill.utils.structs.pose import Pose


class AlignedTargetPoseController(PDEEPoseController):
    """Inverse kinematics to the target from the measured joint positions; where it does not converge, the arm stays."""

    @property
    def target_pose(self) -> Pose:
        """The end effector's target in the base frame, which the next action moves."""
        assert self._target_pose is not None
        return self._target_pose

    def compute_target_pose(self, prev_ee_pose_at_base: Pose, action: torch.Tensor) -> Pose:
        """``action``: (n, 6) m, rad; ``prev_ee_pose_at_base``: the previous target."""
        translation, rotation = action[:, :3], axis_angle_to_quaternion(action[:, 3:6])
        measured = self.ee_pose_at_base.p
        position = measured + translation + quaternion_apply(rotation, prev_ee_pose_at_base.p - measured)
        return Pose.create_from_pq(position, quaternion_multiply(rotation, prev_ee_pose_at_base.q))


@dataclass
class AlignedTargetPoseControllerConfig(PDEEPoseControllerConfig):
    controller_cls = AlignedTargetPoseController
