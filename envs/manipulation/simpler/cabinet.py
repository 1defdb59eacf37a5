"""The cabinet with three drawers: an articulation of SIMPLER's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import sapien
from sapien.physx import PhysxArticulationLinkComponent

POSE = sapien.Pose([-0.295, 0, 0.017])  # world
JOINT_FRICTION = 0.05
JOINT_DAMPING = 1.0
BOTTOM_SHAPE = 2  # of a drawer's collision shapes: front, back, bottom, inner front, sides
HALF_OPEN = 0.2  # m: where a drawer that is to be closed stands


class Cabinet:
    """In a single scene. Drawers are named "top", "middle" and "bottom"; travels are in m, 0 is closed."""

    def __init__(self, scene: Any, urdf: Path) -> None:
        loader = scene.create_urdf_loader()
        loader.fix_root_link = True
        loader.name = "cabinet"
        builder = loader.parse(str(urdf))["articulation_builders"][0]
        builder.initial_pose = POSE
        self.articulation = builder.build(name="cabinet")
        self._physical = cast(Any, self.articulation)._objs[0]
        for joint in self._physical.active_joints:
            joint.set_friction(JOINT_FRICTION)
            joint.set_drive_properties(0.0, JOINT_DAMPING)
        self._joints = [joint.name for joint in self.articulation.active_joints]

    @property
    def links(self) -> dict[str, Any]:
        """{name: link} with the body first."""
        return {link.name: link for link in self.articulation.links}

    def drawer(self, which: str) -> PhysxArticulationLinkComponent:
        return cast(Any, self.articulation.links_map[f"{which}_drawer"])._objs[0]

    def travel(self, which: str) -> float:
        return float(self._physical.qpos[self._joints.index(f"{which}_drawer_joint")])

    def travels(self, joints: list[str]) -> np.ndarray:
        """(n,) m of the joints named."""
        return np.array([self._physical.qpos[self._joints.index(name)] for name in joints])

    def place(self, travels: dict[str, float]) -> None:
        """Put the drawers named where they should be, at rest."""
        qpos = np.array(self._physical.qpos)
        for which, travel in travels.items():
            qpos[self._joints.index(f"{which}_drawer_joint")] = travel
        self._physical.set_qpos(qpos)
        self._physical.set_qvel(np.zeros_like(qpos))

    def bottom_impulse(self, which: str, body: Any, contacts: list[Any]) -> float:
        """N s with which the bottom of a drawer and ``body`` press on each other, summed as vectors."""
        bottom = self.drawer(which).collision_shapes[BOTTOM_SHAPE]
        total = np.zeros(3)
        for contact in contacts:
            if body in contact.bodies and bottom in contact.shapes:
                sign = 1.0 if contact.bodies[0] == body else -1.0
                for point in contact.points:
                    total = total + sign * point.impulse
        return float(np.linalg.norm(total))
