"""What an episode has around it: the table top, the room, the light."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import Any

import sapien
from numpy.random import Generator

from envs.manipulation.tabletop.objects import material

RGB = tuple[float, float, float]

_TABLE_CENTRE, _TABLE_HALF = (-0.12, 0.0), (0.75, 0.75)  # m; the robot stands on it too
_WALLS = (  # (centre, half-size) m
    ((1.6, 0.0, 0.6), (0.01, 4.0, 1.5)),
    ((-2.2, 0.0, 0.6), (0.01, 4.0, 1.5)),
    ((0.0, 1.8, 0.6), (4.0, 0.01, 1.5)),
    ((0.0, -1.8, 0.6), (4.0, 0.01, 1.5)),
)


@dataclass(frozen=True)
class Backdrop:
    """Colours (RGB, 0..1) of surfaces, and of the lights (RGB radiance): ambient, from above, from the side."""

    table: RGB = (0.50, 0.42, 0.33)
    floor: RGB = (0.36, 0.37, 0.39)
    walls: RGB = (0.62, 0.65, 0.68)
    ambient: RGB = (0.42, 0.42, 0.44)
    key_light: RGB = (1.5, 1.45, 1.35)
    side_light: RGB = (0.5, 0.52, 0.58)


DEFAULT = Backdrop()  # of every training episode


def heldout_backdrop(rng: Generator) -> Backdrop:
    """Another room: a table between green and violet instead of wood, warm walls instead of grey ones, and a light that is at least a tenth weaker or stronger than in training, warmer or colder.

    The table is duller than any object (saturation at most 0.45; theirs is 0.83 and more but for pink and white), so that none vanishes on it.
    """

    def surface(hue: tuple[float, float], saturation: tuple[float, float], value: tuple[float, float]) -> RGB:
        return colorsys.hsv_to_rgb(float(rng.uniform(*hue)) % 1.0, float(rng.uniform(*saturation)), float(rng.uniform(*value)))

    table = surface((0.38, 0.80), (0.20, 0.45), (0.30, 0.65))
    floor = surface((0.0, 0.30), (0.25, 0.50), (0.15, 0.60))
    walls = surface((-0.06, 0.16), (0.25, 0.55), (0.40, 0.80))
    strength = float(rng.uniform(0.70, 0.90) if rng.random() < 0.5 else rng.uniform(1.10, 1.25))
    warmth = float(rng.uniform(0.06, 0.14)) * (1.0 if rng.random() < 0.5 else -1.0)
    tint = (strength * (1 + warmth), strength, strength * (1 - warmth))

    def lit(rgb: RGB) -> RGB:
        return (rgb[0] * tint[0], rgb[1] * tint[1], rgb[2] * tint[2])

    return Backdrop(table, floor, walls, lit(DEFAULT.ambient), lit(DEFAULT.key_light), lit(DEFAULT.side_light))


def build(scene: Any, backdrop: Backdrop = DEFAULT) -> None:
    """Adds the table (its top is z = 0) and a room without collision to a ManiSkill scene."""
    table = scene.create_actor_builder()
    table.add_box_collision(sapien.Pose([*_TABLE_CENTRE, -0.05]), [*_TABLE_HALF, 0.05])
    table.add_box_visual(sapien.Pose([*_TABLE_CENTRE, -0.02]), [*_TABLE_HALF, 0.02], material=material(backdrop.table, 0.8))
    table.initial_pose = sapien.Pose()
    table.build_static("table")
    room = scene.create_actor_builder()
    room.add_box_visual(sapien.Pose([0.0, 0.0, -0.9]), [4.0, 4.0, 0.01], material=material(backdrop.floor, 0.9))
    for centre, half in _WALLS:
        room.add_box_visual(sapien.Pose(centre), half, material=material(backdrop.walls, 0.9))
    room.initial_pose = sapien.Pose()
    room.build_static("room")


def light(scene: Any, backdrop: Backdrop = DEFAULT) -> None:
    """Soft light from above and the side; no shadows, which would double the cost of a frame."""
    scene.set_ambient_light([*backdrop.ambient])
    scene.add_directional_light([0.6, 0.5, -1.0], [*backdrop.key_light])
    scene.add_directional_light([-0.4, -0.9, -0.7], [*backdrop.side_light])
