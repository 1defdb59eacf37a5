"""What a task needs of a robot, so that a family of tasks can be written without knowing which one it drives."""

from __future__ import annotations

from typing import Any, Protocol

import sapien
from numpy.typing import NDArray

from envs.manipulation.simpler.assets import SimplerAssets


class SimplerRobot(Protocol):
    """A ManiSkill agent. Joint vectors are in the robot's own documented order, never in the simulator's."""

    arm_joints: tuple[str, ...]  # without the gripper
    arm_limits: NDArray[Any]  # (n, 2) rad, of arm_joints

    @property
    def robot(self) -> Any:
        """The articulation."""
        ...

    @property
    def tcp(self) -> Any:
        """The link between the fingertips that the actions move."""
        ...

    def qpos(self) -> NDArray[Any]: ...

    def simulator_qpos(self, qpos: NDArray[Any]) -> NDArray[Any]: ...

    def openness(self) -> float:
        """Of the gripper: 0 closed, 1 open."""
        ...

    def reset(self, init_qpos: Any = None) -> None: ...


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

    def build(self, scene: Any, assets: SimplerAssets, shader: str) -> Any:
        """The agent, in a newly built scene."""
        ...
