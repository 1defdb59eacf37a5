"""What every episode has around it: the table top, the room, the light."""

from __future__ import annotations

from typing import Any

import sapien

from envs.manipulation.tabletop.objects import material

_TABLE_CENTRE, _TABLE_HALF = (-0.12, 0.0), (0.75, 0.75)  # m; the robot stands on it too
_WALLS = (  # (centre, half-size) m
    ((1.6, 0.0, 0.6), (0.01, 4.0, 1.5)),
    ((-2.2, 0.0, 0.6), (0.01, 4.0, 1.5)),
    ((0.0, 1.8, 0.6), (4.0, 0.01, 1.5)),
    ((0.0, -1.8, 0.6), (4.0, 0.01, 1.5)),
)


def build(scene: Any) -> None:
    """Adds the table (its top is z = 0) and a room without collision to a ManiSkill scene."""
    table = scene.create_actor_builder()
    table.add_box_collision(sapien.Pose([*_TABLE_CENTRE, -0.05]), [*_TABLE_HALF, 0.05])
    table.add_box_visual(sapien.Pose([*_TABLE_CENTRE, -0.02]), [*_TABLE_HALF, 0.02], material=material((0.50, 0.42, 0.33), 0.8))
    table.initial_pose = sapien.Pose()
    table.build_static("table")
    room = scene.create_actor_builder()
    room.add_box_visual(sapien.Pose([0.0, 0.0, -0.9]), [4.0, 4.0, 0.01], material=material((0.36, 0.37, 0.39), 0.9))
    for centre, half in _WALLS:
        room.add_box_visual(sapien.Pose(centre), half, material=material((0.62, 0.65, 0.68), 0.9))
    room.initial_pose = sapien.Pose()
    room.build_static("room")


def light(scene: Any) -> None:
    """Soft light from above and the side; no shadows, which would double the cost of a frame."""
    scene.set_ambient_light([0.42, 0.42, 0.44])
    scene.add_directional_light([0.6, 0.5, -1.0], [1.5, 1.45, 1.35])
    scene.add_directional_light([-0.4, -0.9, -0.7], [0.5, 0.52, 0.58])
