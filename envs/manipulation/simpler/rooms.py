"""What stands around the cabinet: a bare floor behind the photograph, or a room. Neither can be touched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sapien
from mani_skill.utils.structs.actor import Actor

from envs.manipulation.simpler.scene import STAGE_ROTATION

FLOOR_HALF_SIZE = (10.0, 10.0, 0.017)  # m
# How the original turned and moved the rooms that were not made for it.
ROOM_POSES: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float, float]]] = {
    "modern_bedroom": ((0.178, -2.235, 1.669), (0.007, 0.0, 0.0, -1.0)),
    "modern_office": ((-0.192, -1.728, 1.48), (0.709, 0.0, 0.0, -0.705)),
}


def add_floor(scene: Any) -> Actor:
    builder = scene.create_actor_builder()
    builder.add_box_visual(half_size=list(FLOOR_HALF_SIZE), material=np.array([1.0, 1.0, 1.0]))
    builder.initial_pose = sapien.Pose([1.6616, 3.0337, 0.0])  # the stages' offset, which the original applies to the floor as well
    return builder.build_static(name="arena")


def add_room(scene: Any, stage: Path, name: str, offset: tuple[float, float, float]) -> Actor:
    pose = sapien.Pose(q=list(STAGE_ROTATION))
    for room, (position, quaternion) in ROOM_POSES.items():
        if room in name:
            pose = sapien.Pose(list(position), list(quaternion)) * pose
    builder = scene.create_actor_builder()
    builder.add_visual_from_file(str(stage), pose=pose)
    builder.initial_pose = sapien.Pose([-value for value in offset])
    return builder.build_static(name="arena")
