"""The state of the scene after a control step, as plain NumPy: what predicates, the judge and the expert look at.

World frame: z up, metres, origin on the table top. Rotations are 3x3 body -> world.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.tabletop.objects import Shape

Array = NDArray[np.float64]

TOUCH_IMPULSE = 1e-6  # N s in one simulation step: SIMPLER's threshold of "touches"
GRASP_ANGLE = np.radians(80.0)  # SIMPLER, pick: a finger's contact force lies within this of its closing direction


@dataclass(frozen=True)
class ObjectState:
    """``low`` and ``high`` are the corners of the axis-aligned bounding box in the world."""

    name: str
    shape: Shape
    role: str
    position: Array  # (3,) origin of the body frame
    rotation: Array  # (3, 3)
    low: Array
    high: Array

    @classmethod
    def at(cls, name: str, shape: Shape, role: str, position: Array, rotation: Array) -> ObjectState:
        corners = shape.hull @ rotation.T + position
        return cls(name, shape, role, position, rotation, corners.min(0), corners.max(0))

    @property
    def centre(self) -> Array:
        return (self.low + self.high) / 2

    @property
    def half(self) -> Array:
        return (self.high - self.low) / 2

    @property
    def bottom(self) -> float:
        return float(self.low[2])

    @property
    def top(self) -> float:
        return float(self.high[2])

    @property
    def surface(self) -> float:
        """World height on which something put on it rests."""
        return self.top if self.shape.surface is None else self.bottom + self.shape.surface

    @property
    def grasp_point(self) -> Array:
        return self.position + self.rotation @ np.asarray(self.shape.grasp_point or (0.0, 0.0, 0.0))


@dataclass(frozen=True)
class DrawerState:
    """``opening`` m from closed; ``handle``: (3,) where to grasp; ``low``/``high``: world box of the inside."""

    opening: float
    handle: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class World:
    objects: dict[str, ObjectState]
    drawers: dict[str, DrawerState]
    tcp: Array  # (3,) m
    tcp_rotation: Array  # (3, 3): columns x, y (fingers open along it), z (out of the hand)
    gripper: float  # measured openness 0..1
    grasped: frozenset[str]  # objects (and "<drawer> drawer") that both fingers press on
    touching: frozenset[
        frozenset[str]
    ]  # pairs of bodies in contact: object names, "table", "cabinet", "<drawer> drawer", "robot", "left finger", "right finger"
    robot_forces: dict[str, float] = field(default_factory=dict)  # N, {body: force between it and the robot}

    def touches(self, one: str) -> set[str]:
        """Names of everything in contact with ``one``."""
        return {name for pair in self.touching if one in pair for name in pair if name != one}

    def fingers_touch(self, name: str) -> bool:
        return bool({"left finger", "right finger"} & self.touches(name))


def opposing(left: Array, right: Array, axis: Array) -> bool:
    """Whether the impulses on the two fingers (N s, world) press them apart along ``axis`` (from right to left), as when something is held between them."""
    for impulse, outward in ((left, axis), (right, -axis)):
        size = float(np.linalg.norm(impulse))
        if size < TOUCH_IMPULSE or float(impulse @ outward) < size * np.cos(GRASP_ANGLE):
            return False
    return True
