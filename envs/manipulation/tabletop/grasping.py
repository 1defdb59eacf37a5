"""Where and how the expert grasps an object from above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.tabletop.world import ObjectState, World

Array = NDArray[np.float64]

_WIDEST = 0.066  # m between the fingers
_LOWEST = 0.013  # m of the tool centre point over the table: the finger tips end 1.1 cm below it
_PALM = 0.042  # m from the tool centre point up to the palm
_HOME_OPENING = np.array([0.0, -1.0])  # the gripper's y axis at home
_FARTHEST_TURN = np.radians(110.0)
_HAND = (0.105, 0.035)  # m half-size of the hand along and across the fingers' opening direction


@dataclass(frozen=True)
class Grasp:
    """``point``: (3,) world position of the tool centre point; ``opening``: (2,) unit vector, world, along which the fingers open."""

    point: Array
    opening: Array

    def rotation(self) -> Array:
        """Gripper pointing down, y along ``opening`` (or against it: whichever is given)."""
        y = np.array([self.opening[0], self.opening[1], 0.0])
        z = np.array([0.0, 0.0, -1.0])
        return np.stack([np.cross(y, z), y, z], axis=1)


def best_grasp(world: World, thing: ObjectState, facing: Array) -> Grasp:
    """The vertical grasp of ``thing`` that needs the least turning from ``facing`` (the gripper's present rotation) and keeps the hand clear of its neighbours."""
    point = thing.grasp_point.copy()
    point[2] = max(point[2], thing.top - _PALM + 0.006, thing.bottom + _LOWEST)
    grasps = [Grasp(point, _same_side(direction, facing)) for direction in _directions(thing)]
    return min(grasps, key=lambda grasp: (round(_crowded(world, thing, grasp), 3), round(_turn(grasp, facing), 3)))


def _directions(thing: ObjectState) -> list[Array]:
    """Horizontal unit vectors (2,) along which the fingers can close on ``thing``."""
    if thing.shape.round and abs(thing.rotation[2, 2]) > 0.9:
        return [np.array([np.cos(angle), np.sin(angle)]) for angle in np.arange(12) * np.pi / 12]
    sizes = 2 * thing.shape.half_extents
    level = [(sizes[axis], thing.rotation[:2, axis]) for axis in range(3) if abs(thing.rotation[2, axis]) < 0.7]
    fitting = [axis for size, axis in level if size <= _WIDEST] or [min(level, key=lambda pair: pair[0])[1]]
    return [axis / np.linalg.norm(axis) for axis in fitting]


def _same_side(direction: Array, facing: Array) -> Array:
    """A gripper turned by half a turn grasps the same: take the side nearer to ``facing``, unless that leads too far from the home pose, where the last joint ends."""
    near = direction if float(direction @ facing[:2, 1]) >= 0 else -direction
    from_home = np.arccos(np.clip(float(near @ _HOME_OPENING), -1.0, 1.0))
    return near if from_home <= _FARTHEST_TURN else -near


def _turn(grasp: Grasp, facing: Array) -> float:
    return float(np.arccos(np.clip(grasp.opening @ facing[:2, 1] / max(np.linalg.norm(facing[:2, 1]), 1e-6), -1.0, 1.0)))


def _crowded(world: World, thing: ObjectState, grasp: Grasp) -> float:
    """How deep (m) the hand, or the open fingers, would be in other things at the grasp; 0 when free."""
    across = np.array([-grasp.opening[1], grasp.opening[0]])
    depth = 0.0
    for other in world.objects.values():
        if other.name == thing.name or other.shape.surface is not None:
            continue
        half = np.array(_HAND) if other.top > grasp.point[2] + _PALM else np.array([0.062, 0.015])
        radius = float(min(other.half[:2]))
        offset = other.centre[:2] - grasp.point[:2]
        outside = np.maximum(np.abs([offset @ grasp.opening, offset @ across]) - half, 0.0)
        depth = max(depth, radius + 0.006 - float(np.linalg.norm(outside)))
    return depth
