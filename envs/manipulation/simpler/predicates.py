"""SIMPLER's judgement of the put-on tasks, to the letter (``simpler.md`` D7), as functions of numbers.

The original's peculiarities are part of it: bounding boxes are *signed* extents turned by the settled orientation, positions are centres of mass for "on target" but mesh origins for "moved".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

TOUCH_IMPULSE = 1e-6  # N s
GRASP_ANGLE = 60.0  # degrees
MOVED_DISTANCE = 0.03  # m, in the plane
CONSECUTIVE_GRASP_STEPS = 5
XY_MARGIN = 0.003  # m


def rotation_matrix(quaternion: Vector) -> NDArray[np.float64]:
    """(3, 3) of a wxyz quaternion of any length."""
    w, x, y, z = np.asarray(quaternion, np.float64) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def settled_extents(extents: Vector, quaternion: Vector) -> Vector:
    """(3,) m: the bounding box's extents turned by the orientation in which the object settled. May have negative parts, as in the original."""
    return rotation_matrix(quaternion) @ extents


def is_on_target(source: Vector, target: Vector, source_extents: Vector, target_extents: Vector, z_margin: float) -> bool:
    """``source``, ``target``: (3,) m, centres of mass, world; extents as of :func:`settled_extents`."""
    offset = np.asarray(source, np.float64) - np.asarray(target, np.float64)
    near = np.linalg.norm(offset[:2]) <= np.linalg.norm(target_extents[:2] / 2) + XY_MARGIN
    resting = offset[2] > 0 and offset[2] - target_extents[2] / 2 - source_extents[2] / 2 <= z_margin
    return bool(near and resting)


def presses(impulse: Vector) -> bool:
    """Whether an impulse (3,) N s counts as a touch."""
    return bool(np.linalg.norm(impulse) > TOUCH_IMPULSE)


def finger_presses(impulse: Vector, opening: Vector) -> bool:
    """Whether a finger that feels ``impulse`` (3,) N s holds something. ``opening``: (3,) the direction in which it opens."""
    strength = float(np.linalg.norm(impulse))
    if strength < TOUCH_IMPULSE:
        return False
    cosine = float(np.dot(impulse, opening)) / (strength * float(np.linalg.norm(opening)))
    return bool(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))) <= GRASP_ANGLE)


def moved_correct(source_moved: float, others_moved: Sequence[float]) -> bool:
    """The source has moved (m, in the plane), and further than any other object."""
    return source_moved > MOVED_DISTANCE and all(other < source_moved for other in others_moved)


def moved_wrong(source_moved: float, others_moved: Sequence[float]) -> bool:
    return any(other > MOVED_DISTANCE for other in others_moved) and any(other > source_moved for other in others_moved)


@dataclass
class EpisodeStats:
    """The original's ``episode_stats``. ``is_src_obj_grasped`` and ``consecutive_grasp`` stay true once they were; the others are of now."""

    moved_correct_obj: bool = False
    moved_wrong_obj: bool = False
    is_src_obj_grasped: bool = False
    consecutive_grasp: bool = False
    src_on_target: bool = False

    def as_dict(self) -> dict[str, bool]:
        return asdict(self)
