"""What SIMPLER's robots have in common, so that a family of tasks can be written without knowing which one it drives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import sapien
from mani_skill.agents.base_agent import BaseAgent
from mani_skill.utils.structs.pose import Pose
from numpy.typing import NDArray

from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.joint_limits import joint_limits


@dataclass(frozen=True)
class LinkSurface:
    """``friction``: static, dynamic; ``patch``: m, the radius of the contact patch that resists twisting."""

    friction: tuple[float, float]
    patch: float


class SimplerRobot(BaseAgent, ABC):
    """A robot in a ManiSkill scene. Joint vectors are in the order of ``joints``, never in the simulator's."""

    joints: tuple[str, ...]
    arm_joints: tuple[str, ...]  # without the gripper
    tcp_link: str  # between the fingertips: what the actions move
    surfaces: Mapping[str, LinkSurface]  # of links that have one of their own
    mode: str  # of control
    arm_limits: NDArray[np.float64]  # (n, 2) rad, of arm_joints, as they are before anything is simulated

    def __init__(self, scene: Any, urdf: Path, set_up: RobotSetUp, shader: str) -> None:
        self.urdf_path = str(urdf)
        self.shader = shader
        super().__init__(scene, set_up.control_freq, self.mode, initial_pose=set_up.base_pose)

    def _load_articulation(self, initial_pose: sapien.Pose | Pose | None = None) -> None:
        loader = self.scene.create_urdf_loader()
        loader.name = self.uid
        loader.fix_root_link = True
        loader.load_multiple_collisions_from_file = True  # one hull a piece, as in the original
        for link, surface in self.surfaces.items():
            loader.set_link_material(link, *surface.friction, 0.0)
            loader.set_link_patch_radius(link, surface.patch)
            loader.set_link_min_patch_radius(link, surface.patch)
        sapien.set_log_level("error")  # it warns of every mesh in pieces; these are sound
        builder = loader.parse(self.urdf_path)["articulation_builders"][0]
        builder.initial_pose = initial_pose
        self.alter(builder)
        # The WidowX's URDF says that the right finger mimics the left. The original ignores it (its fingers differ by 0.5 mm in a grasp): each finger has its own drive.
        self.robot = builder.build(build_mimic_joints=False)
        sapien.set_log_level("warn")
        self.robot_link_names = [link.name for link in self.robot.get_links()]

    def alter(self, builder: Any) -> None:
        """Change the articulation's builder before it builds."""
        return

    def _after_loading_articulation(self) -> None:
        self.arm_limits = joint_limits(self.robot, self.arm_joints)

    def set_action(self, action: Any) -> None:
        self.controller.set_action(action)

    @property
    def tcp(self) -> Any:
        """The link between the fingertips that the actions move."""
        return self.robot.links_map[self.tcp_link]

    def order(self) -> list[int]:
        """Positions of ``joints`` in the simulator's own qpos."""
        active = [joint.name for joint in self.robot.active_joints]
        return [active.index(name) for name in self.joints]

    def qpos(self) -> NDArray[np.float32]:
        """(n,) rad and m, in the order of ``joints``."""
        return cast(NDArray[np.float32], self.robot.get_qpos()[0].cpu().numpy()[self.order()])

    def simulator_qpos(self, qpos: NDArray[Any]) -> NDArray[np.float32]:
        """A (n,) qpos in the order of ``joints``, put into the simulator's own order."""
        ordered = np.empty(len(self.joints), np.float32)
        ordered[self.order()] = qpos
        return ordered

    @abstractmethod
    def openness(self) -> float:
        """Of the gripper: 0 closed, 1 open."""


class RobotSetUp(Protocol):
    """Which robot stands where, how it starts, how it is stepped and what its camera sees."""

    @property
    def label(self) -> str: ...

    @property
    def sim_freq(self) -> int: ...

    @property
    def control_freq(self) -> int: ...

    @property
    def contact_offset(self) -> float:
        """m"""
        ...

    @property
    def shiny(self) -> bool:
        """Whether its materials get the original's specular 0.9 and roughness 0.3."""
        ...

    @property
    def camera(self) -> str: ...

    @property
    def camera_size(self) -> tuple[int, int]:
        """(width, height)"""
        ...

    @property
    def qpos(self) -> tuple[float, ...]: ...

    @property
    def base_pose(self) -> sapien.Pose: ...

    def build(self, scene: Any, assets: SimplerAssets, shader: str) -> SimplerRobot:
        """The agent, in a newly built scene."""
        ...
