"""The WidowX 250S as SIMPLER tuned it: gains, limits, frictions, collision groups, starting pose and camera.

Two set-ups exist: ``TABLE`` (carrot, spoon, cubes) and ``SINK`` (eggplant). Figures are those of the original's robot definition (``simpler.md`` D4, B2).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import sapien
from mani_skill.agents.base_agent import BaseAgent
from mani_skill.agents.controllers import PDJointPosMimicControllerConfig
from mani_skill.sensors.camera import CameraConfig
from mani_skill.utils.structs.pose import Pose
from numpy.typing import NDArray

from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.controller import AlignedTargetPoseController, AlignedTargetPoseControllerConfig
from envs.manipulation.simpler.joint_limits import joint_limits

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

FINGER_FRICTION = 2.0
FINGER_PATCH_RADIUS = 0.01  # m: the torsional friction of a soft finger pad
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
        return WidowX(scene, self.control_freq, assets.path("widowx/wx250s.urdf"), self, shader)


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


class WidowX(BaseAgent):
    """The robot in a ManiSkill scene. Control: :data:`CONTROL_MODE`, action (dx dy dz, rotation vector, gripper: +1 open, -1 closed)."""

    uid = "gauntlet_simpler_widowx"
    arm_joints = ARM_JOINTS

    def __init__(self, scene: Any, control_freq: int, urdf: Path, set_up: WidowXSetUp, shader: str) -> None:
        self.urdf_path = str(urdf)
        self.set_up = set_up
        self.shader = shader
        super().__init__(scene, control_freq, CONTROL_MODE, initial_pose=set_up.base_pose)

    def _load_articulation(self, initial_pose: sapien.Pose | Pose | None = None) -> None:
        loader = self.scene.create_urdf_loader()
        loader.name = self.uid
        loader.fix_root_link = True
        loader.load_multiple_collisions_from_file = True  # one hull a piece, as in the original: 1 to 10 a link
        for link in ("left_finger_link", "right_finger_link"):
            loader.set_link_material(link, FINGER_FRICTION, FINGER_FRICTION, 0.0)
            loader.set_link_patch_radius(link, FINGER_PATCH_RADIUS)
            loader.set_link_min_patch_radius(link, FINGER_PATCH_RADIUS)
        sapien.set_log_level("error")  # it warns of STL files in pieces, eleven times a robot; these are sound
        builder = loader.parse(self.urdf_path)["articulation_builders"][0]
        builder.initial_pose = initial_pose
        # The URDF says that the right finger mimics the left. The original ignores it (its fingers differ by 0.5 mm in a grasp): both have their own drive.
        self.robot = builder.build(build_mimic_joints=False)
        sapien.set_log_level("warn")
        self.robot_link_names = [link.name for link in self.robot.get_links()]

    def _after_loading_articulation(self) -> None:
        self.arm_limits = joint_limits(self.robot, self.arm_joints)
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

    def set_action(self, action: Any) -> None:
        self.controller.set_action(action)

    @property
    def arm_controller(self) -> AlignedTargetPoseController:
        return cast(AlignedTargetPoseController, cast(Any, self.controller).controllers["arm"])

    @property
    def tcp(self) -> Any:
        """The link between the fingertips that the actions move."""
        return self.robot.links_map[TCP_LINK]

    def order(self, joints: tuple[str, ...] = JOINTS) -> list[int]:
        """Positions of ``joints`` in the simulator's own qpos."""
        active = [joint.name for joint in self.robot.active_joints]
        return [active.index(name) for name in joints]

    def qpos(self) -> NDArray[np.float32]:
        """(8,) rad and m, in the order of JOINTS."""
        return cast(NDArray[np.float32], self.robot.get_qpos()[0].cpu().numpy()[self.order()])

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
