"""The WidowX 250S as SIMPLER tuned it: gains, limits, frictions, collision groups, starting pose and camera.

Two set-ups exist: ``TABLE`` (carrot, spoon, cubes) and ``SINK`` (eggplant). Figures are those of the original's robot definition (``simpler.md`` D4, B2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import sapien
from mani_skill.agents.controllers import PDJointPosMimicControllerConfig
from mani_skill.sensors.camera import CameraConfig
from numpy.typing import NDArray

from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.controller import AlignedTargetPoseController, AlignedTargetPoseControllerConfig
from envs.manipulation.simpler.robot import LinkSurface, SimplerRobot

ARM_JOINTS = ("waist", "shoulder", "elbow", "forearm_roll", "wrist_angle", "wrist_rotate")
FINGER_JOINTS = ("left_finger", "right_finger")
JOINTS = ARM_JOINTS + FINGER_JOINTS  # the order of every qpos here; the simulator's own order is never relied on
TCP_LINK = "ee_gripper_link"
CAMERA = "3rd_view_camera"
CONTROL_MODE = "arm_pd_ee_target_delta_pose_align2_gripper_pd_joint_pos"

ARM_STIFFNESS = (1169.7891719504198, 730.0, 808.4601346394447, 1229.1299089624076, 1272.2760456418862, 1056.3326605132252)
ARM_DAMPING = (330.0, 180.0, 152.12036565582588, 309.6215302722146, 201.04998711007383, 269.51458932695414)
ARM_FORCE_LIMIT = (200, 200, 100, 100, 100, 100)
FINGER_STIFFNESS, FINGER_DAMPING, FINGER_FORCE_LIMIT = 1000.0, 200.0, 60.0
FINGER_LIMITS = (0.015, 0.037)  # m, from the URDF
FINGER_CLEARANCE = 0.001  # m beyond the limits that the gripper's targets reach, so that closed fingers press

FINGER_PAD = LinkSurface((2.0, 2.0), 0.01)  # soft
# The bar that carries the fingers overlaps both of them at rest; shapes that share a bit do not collide.
COLLISION_IGNORE_BITS = {"gripper_bar_link": 0b11, "left_finger_link": 0b01, "right_finger_link": 0b10}


@dataclass(frozen=True)
class WidowXSetUp:
    """Where the robot stands, how it starts and what its camera sees. ``qpos`` is in the order of JOINTS; ``camera_pose`` is in the base frame."""

    base_position: tuple[float, float, float]
    base_quaternion: tuple[float, float, float, float]
    qpos: tuple[float, ...]
    camera_pose: tuple[tuple[float, float, float], tuple[float, float, float, float]]
    camera_near: float

    label = "WidowX"
    sim_freq = 500  # Hz
    control_freq = 5  # Hz
    contact_offset = 0.005  # m
    shiny = True
    camera = CAMERA
    camera_size = (640, 480)  # width, height

    @property
    def base_pose(self) -> sapien.Pose:
        return sapien.Pose(list(self.base_position), list(self.base_quaternion))

    def build(self, scene: Any, assets: SimplerAssets, shader: str) -> WidowX:
        return WidowX(scene, assets.path("widowx/wx250s.urdf"), self, shader)


TABLE = WidowXSetUp(
    base_position=(0.147, 0.028, 0.870),
    base_quaternion=(0, 0, 0, 1),
    qpos=(-0.01840777, 0.0398835, 0.22242722, -0.00460194, 1.36524296, 0.00153398, 0.037, 0.037),
    camera_pose=((0.0, -0.16, 0.36), (0.8992917, -0.09263245, 0.35892478, 0.23209205)),
    camera_near=0.1,
)
SINK = WidowXSetUp(
    base_position=(0.127, 0.060, 0.850),
    base_quaternion=(0, 0, 0, 1),
    qpos=(-0.2600599, -0.12875618, 0.04461369, -0.00652761, 1.7033415, -0.26983038, 0.037, 0.037),
    camera_pose=((-0.00300001, -0.21, 0.39), (-0.907313, 0.0782, -0.36434, -0.194741)),
    camera_near=0.01,
)
CAMERA_SIZE = WidowXSetUp.camera_size
CAMERA_FAR = 10.0
CAMERA_INTRINSIC = np.array([[623.588, 0, 319.501], [0, 623.588, 239.545], [0, 0, 1]])  # Logitech C920


class WidowX(SimplerRobot):
    """The robot in a ManiSkill scene. Control: :data:`CONTROL_MODE`, action (dx dy dz, rotation vector, gripper: +1 open, -1 closed)."""

    uid = "gauntlet_simpler_widowx"
    joints = JOINTS
    arm_joints = ARM_JOINTS
    tcp_link = TCP_LINK
    surfaces: Mapping[str, LinkSurface] = dict.fromkeys(("left_finger_link", "right_finger_link"), FINGER_PAD)
    mode = CONTROL_MODE

    def __init__(self, scene: Any, urdf: Path, set_up: WidowXSetUp, shader: str) -> None:
        self.set_up = set_up
        super().__init__(scene, urdf, set_up, shader)

    def _after_loading_articulation(self) -> None:
        super()._after_loading_articulation()
        for name, bits in COLLISION_IGNORE_BITS.items():
            for body in self.robot.links_map[name]._objs:
                for shape in cast(Any, body).get_collision_shapes():
                    shape.set_collision_groups([1, 1, bits, 0])

    @property
    def _controller_configs(self) -> dict[str, Any]:
        arm = AlignedTargetPoseControllerConfig(
            joint_names=list(ARM_JOINTS),
            pos_lower=-1.0,
            pos_upper=1.0,
            rot_lower=-np.pi / 2,
            rot_upper=np.pi / 2,
            stiffness=ARM_STIFFNESS,
            damping=ARM_DAMPING,
            force_limit=ARM_FORCE_LIMIT,
            friction=0.0,
            ee_link=TCP_LINK,
            urdf_path=cast(str, self.urdf_path),
            use_target=True,
            normalize_action=False,
        )
        gripper = PDJointPosMimicControllerConfig(
            joint_names=list(FINGER_JOINTS),
            lower=FINGER_LIMITS[0] - FINGER_CLEARANCE,
            upper=FINGER_LIMITS[1] + FINGER_CLEARANCE,
            stiffness=FINGER_STIFFNESS,
            damping=FINGER_DAMPING,
            force_limit=FINGER_FORCE_LIMIT,
            normalize_action=True,
            mimic={"right_finger": cast(Any, {"joint": "left_finger"})},
        )
        return {CONTROL_MODE: {"arm": arm, "gripper": gripper}}

    @property
    def _sensor_configs(self) -> list[Any]:
        position, quaternion = self.set_up.camera_pose
        width, height = CAMERA_SIZE
        camera = CameraConfig(
            uid=CAMERA,
            pose=cast(Any, sapien.Pose(list(position), list(quaternion))),
            width=width,
            height=height,
            near=self.set_up.camera_near,
            far=CAMERA_FAR,
            intrinsic=cast(Any, CAMERA_INTRINSIC),
            entity_uid="base_link",
            shader_pack=self.shader,
        )
        return [camera]

    @property
    def arm_controller(self) -> AlignedTargetPoseController:
        return cast(AlignedTargetPoseController, cast(Any, self.controller).controllers["arm"])

    def openness(self) -> float:
        return openness(self.qpos()[-2:])

    def simulator_qpos(self, qpos: NDArray[Any]) -> NDArray[np.float32]:
        """A (8,) qpos in the order of JOINTS, put into the simulator's own order."""
        ordered = np.empty(len(JOINTS), np.float32)
        ordered[self.order()] = qpos
        return ordered


def openness(finger_qpos: NDArray[Any]) -> float:
    """Gripper openness, 0 closed to 1 open, of (2,) finger joint positions in m."""
    low, high = FINGER_LIMITS
    return float(np.clip((float(np.mean(finger_qpos)) - low) / (high - low), 0.0, 1.0))
