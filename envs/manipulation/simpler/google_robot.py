"""SIMPLER's Google Robot with its base fixed: gains, limits, frictions, starting pose, camera, recolourings.

Figures are those of the original's robot definition (``simpler.md`` B3, D4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import sapien
from mani_skill.sensors.camera import CameraConfig

from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.contacts import any_presses_from_outside
from envs.manipulation.simpler.google_files import urdf_file
from envs.manipulation.simpler.link_frames import leave_out_frames
from envs.manipulation.simpler.planner_controller import (
    PlannedGripperController,
    PlannedGripperControllerConfig,
    PlannedPoseController,
    PlannedPoseControllerConfig,
)
from envs.manipulation.simpler.robot import LinkSurface, SimplerRobot
from envs.manipulation.simpler.scene import SOLVER_ITERATIONS

ARM_JOINTS = ("torso", "shoulder", "bicep", "elbow", "forearm", "wrist", "gripper")
FINGER_JOINTS = ("finger_right", "finger_left")
HEAD_JOINTS = ("head_pan", "head_tilt")
JOINTS = tuple(f"joint_{name}" for name in ARM_JOINTS + FINGER_JOINTS + HEAD_JOINTS)  # the order of every qpos here, and SAPIEN 2's
FINGERS = slice(7, 9)  # of a qpos
TCP_LINK = "link_gripper_tcp"
STANDING_LINKS = ("link_base", "link_wheel_left", "link_wheel_right", "link_rear_wheel_left", "link_rear_wheel_right")
CAMERA = "overhead_camera"
CONTROL_MODE = "arm_pd_ee_delta_pose_align_interpolate_by_planner_gripper_pd_joint_target_delta_pos_interpolate_by_planner"

# Of the arm and the head: the arm's controller holds the head as well.
DRIVEN_JOINTS = tuple(f"joint_{name}" for name in ARM_JOINTS + HEAD_JOINTS)
ARM_STIFFNESS = (
    1700.0,
    1737.0471680861954,
    979.975871856535,
    930.0,
    1212.154500274304,
    432.96500923932535,
    468.0013365498738,
    2000,
    2000,
)
ARM_DAMPING = (
    1059.9791902443303,
    1010.4720585373592,
    767.2803161582076,
    680.0,
    674.9946964336588,
    274.613381336198,
    340.532560578637,
    900,
    900,
)
ARM_FORCE_LIMIT = (300, 300, 100, 100, 100, 100, 100, 100, 100)
# The original's limit is 60. Its solver (PhysX 4) lets about a quarter of that reach what the fingers hold: with 60, PhysX 5 presses on the recordings' objects with 0.9 to 1.4 N s a simulation step instead of 0.3. 15 gives the
# recorded impulses. This and TOUCHING_ITERATIONS are fitted to the recordings together: of the four pairs compared on bottles and apples, (40, 17) held most often what the original holds (docs/simpler.md).
FINGER_STIFFNESS, FINGER_DAMPING, FINGER_FORCE_LIMIT = 200.0, 8.0, 17.0
FINGER_LIMITS = (-1e-4, 1.3)  # rad, from the URDF; 0 is open

# Of PhysX 5's solver while the fingers close or anything touches the robot. With the original's 25 (PhysX 4 converges faster) what the fingers press on an object does not cancel within the robot, and the arm creeps. More
# cost more: a step in which something touches takes 1.4 times as long with 40, 3 times with 100.
TOUCHING_ITERATIONS = 40

SIM_FREQ, CONTROL_FREQ = 513, 3  # Hz
BASE_HEIGHT = 0.06205 + 0.017  # m, world: of the base, on the scene's ground
START = (
    -0.2639457174606611,
    0.0831913360274175,
    0.5017611504652179,
    1.156859026208673,
    0.028583671314766423,
    1.592598203487462,
    -1.080652960128774,
    0.0,
    0.0,
    -0.00285961,
    0.7851361,
)


FINGER, NAIL = LinkSurface((2.0, 2.0), 0.1), LinkSurface((0.1, 0.1), 0.01)
SURFACES: Mapping[str, LinkSurface] = {
    "link_base": LinkSurface((0.1, 0.0), 0.1),
    "link_wheel_left": LinkSurface((1.0, 0.0), 0.1),
    "link_wheel_right": LinkSurface((1.0, 0.0), 0.1),
    **{f"link_{part}_{side}": FINGER for part in ("finger", "finger_tip") for side in ("left", "right")},
    **{f"link_finger_nail_{side}": NAIL for side in ("left", "right")},
}


@dataclass(frozen=True)
class GoogleSetUp:
    """Where the robot stands (``xy`` m and ``yaw`` rad, world; at yaw 0 it faces -x), in which colours, and how it is simulated."""

    xy: tuple[float, float]
    yaw: float = 0.0
    colours: str = "none"
    head_tilt: float = START[-1]
    contact_offset: float = 0.02
    shiny: bool = True

    label = "Google Robot"
    sim_freq = SIM_FREQ
    control_freq = CONTROL_FREQ
    camera = CAMERA
    camera_size = (640, 512)

    @property
    def qpos(self) -> tuple[float, ...]:
        return (*START[:-1], self.head_tilt)

    @property
    def base_pose(self) -> sapien.Pose:
        turned = sapien.Pose(q=[float(np.cos(self.yaw / 2)), 0, 0, float(np.sin(self.yaw / 2))]) * sapien.Pose(q=[0, 0, 0, 1])
        return sapien.Pose([*self.xy, BASE_HEIGHT], turned.q)

    def build(self, scene: Any, assets: SimplerAssets, shader: str) -> GoogleRobot:
        return GoogleRobot(scene, assets.path(urdf_file(self.colours)), self, shader)


class GoogleRobot(SimplerRobot):
    """The robot in a ManiSkill scene. Control: :data:`CONTROL_MODE`, action (dx dy dz, rotation vector, gripper: +1 closes, -1 opens, 0 goes on)."""

    uid = "gauntlet_simpler_google_robot"
    joints = JOINTS
    arm_joints = tuple(f"joint_{name}" for name in ARM_JOINTS)
    tcp_link = TCP_LINK
    surfaces = SURFACES
    mode = CONTROL_MODE

    def __init__(self, scene: Any, urdf: Path, set_up: GoogleSetUp, shader: str) -> None:
        self.set_up = set_up
        super().__init__(scene, urdf, set_up, shader)

    def alter(self, builder: Any) -> None:
        leave_out_frames(builder)

    @property
    def _controller_configs(self) -> dict[str, Any]:
        arm = PlannedPoseControllerConfig(
            joint_names=list(DRIVEN_JOINTS),
            lower=None,
            upper=None,
            stiffness=ARM_STIFFNESS,
            damping=ARM_DAMPING,
            force_limit=ARM_FORCE_LIMIT,
            friction=0.0,
            ee_link=TCP_LINK,
            sim_freq=self.set_up.sim_freq,
        )
        gripper = PlannedGripperControllerConfig(
            joint_names=[f"joint_{name}" for name in FINGER_JOINTS],
            lower=None,
            upper=None,
            stiffness=FINGER_STIFFNESS,
            damping=FINGER_DAMPING,
            force_limit=FINGER_FORCE_LIMIT,
            joint_limits=FINGER_LIMITS,
            sim_freq=self.set_up.sim_freq,
        )
        return {CONTROL_MODE: {"arm": arm, "gripper": gripper, "balance_passive_force": False}}  # see before_simulation_step

    @property
    def _sensor_configs(self) -> list[Any]:
        width, height = self.set_up.camera_size
        camera = CameraConfig(
            uid=CAMERA,
            pose=cast(Any, sapien.Pose(q=[0.5, 0.5, -0.5, 0.5])),  # from OpenCV's axes, which the link has, to SAPIEN's
            width=width,
            height=height,
            near=0.1,
            far=10.0,
            intrinsic=cast(Any, np.array([[425.0, 0, 320.0], [0, 425.0, 256.0], [0, 0, 1]])),
            entity_uid="link_camera",
            shader_pack=self.shader,
        )
        return [camera]

    def set_action(self, action: Any) -> None:
        super().set_action(action)
        touching = self.gripper_controller.is_closing() or any_presses_from_outside(cast(Any, self.scene.px).get_contacts(), self._bodies())
        articulation: Any = self.robot._objs[0]
        articulation.set_solver_position_iterations(TOUCHING_ITERATIONS if touching else SOLVER_ITERATIONS)

    def _bodies(self) -> set[Any]:
        return {link._objs[0] for link in cast(Any, self.robot).links}

    def before_simulation_step(self) -> None:
        # The original lets the links feel gravity and gives every joint the torque that balances it and the inertial forces.
        articulation: Any = self.robot._objs[0]
        articulation.set_qf(articulation.compute_passive_force(True, True))
        super().before_simulation_step()

    @property
    def arm_controller(self) -> PlannedPoseController:
        return cast(PlannedPoseController, cast(Any, self.controller).controllers["arm"])

    @property
    def gripper_controller(self) -> PlannedGripperController:
        return cast(PlannedGripperController, cast(Any, self.controller).controllers["gripper"])

    def standing_links(self) -> list[Any]:
        """Those that stand on the floor and never move."""
        return [self.robot.links_map[name]._objs[0] for name in STANDING_LINKS]

    def openness(self) -> float:
        return float(np.clip(1.0 - np.mean(self.qpos()[FINGERS]) / FINGER_LIMITS[1], 0.0, 1.0))
