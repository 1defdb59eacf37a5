"""What moves or stands in a street, as meshes: cars, vans, lorries, buses, people, cyclists, cones, barriers, signs.

Frames: x forward, y left, z up from the ground, origin under the middle of the box. Every mesh fills the box it is made for, so that what is seen is what is collided with.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from envs.driving.camera.mesh import Mesh, MeshBuilder

GROUND: Final = 0.04  # m: shadows lie above the road's markings
_PAINTS: Final = ("paint_white", "paint_silver", "paint_black", "paint_red", "paint_blue", "paint_green", "paint_yellow", "paint_brown")
_CLOTHES: Final = ("cloth_red", "cloth_blue", "cloth_yellow", "cloth_green", "cloth_violet")
_TROUSERS: Final = ("trousers_a", "trousers_b")
BUS_LENGTH, LORRY_LENGTH, VAN_HEIGHT = 9.0, 6.6, 2.1

Size = tuple[float, float, float]


def thing_mesh(name: str, size: Size, identity: str, braking: bool = False) -> Mesh:
    """The mesh of an object called ``name`` (one of scene.OBJECT_NAMES) that fills ``size`` (length, width, height in m).

    ``identity`` (a track token) chooses its colours, always the same; ``braking`` lights a vehicle's brake lights.
    """
    number = zlib.crc32(identity.encode())
    rounded = (round(max(size[0], 0.1), 2), round(max(size[1], 0.1), 2), round(max(size[2], 0.1), 2))
    return _made(name, rounded, number % 40, braking and name == "vehicle")


def shadow_mesh(size: Size) -> Mesh:
    """The dark patch under a thing; apart from it, so that no mask counts it in."""
    builder = MeshBuilder()
    x, y = size[0] / 2 + 0.12, size[1] / 2 + 0.12
    builder.quads(np.array([[[-x, -y, GROUND], [x, -y, GROUND], [x, y, GROUND], [-x, y, GROUND]]]), "shadow")
    return builder.build()


@lru_cache(maxsize=512)
def _made(name: str, size: Size, variant: int, braking: bool) -> Mesh:
    builder = MeshBuilder()
    if name == "vehicle":
        _vehicle(builder, size, variant, braking)
    else:
        _MAKERS.get(name, _generic)(builder, size, variant)
    return builder.build()


def _vehicle(builder: MeshBuilder, size: Size, variant: int, braking: bool) -> None:
    length, width, height = size
    paint = _PAINTS[variant % len(_PAINTS)]
    if length > BUS_LENGTH:
        _bus(builder, size, "paint_bus" if variant % 2 else paint)
    elif length > LORRY_LENGTH:
        _lorry(builder, size, paint)
    elif height > VAN_HEIGHT:
        _van(builder, size, paint)
    else:
        _car(builder, size, paint)
    x, y = length / 2, width / 2
    _wheels(builder, size)
    lamp, low, high = (("brake_on" if braking else "tail"), 0.40 * min(height, 2.0), 0.62 * min(height, 2.0))
    for side in (-1.0, 1.0):
        inner, outer = sorted((side * (y - 0.06), side * (y - (0.52 if braking else 0.42))))
        builder.quads(_facing(-x - 0.015, (inner, outer), (low, high), backward=True), lamp)
        builder.quads(_facing(x + 0.015, (inner, outer), (low, high - 0.05), backward=False), "headlight")
    if braking:
        third = min(height - 0.12, 1.3)
        builder.quads(_facing(-x - 0.02, (-0.3, 0.3), (third - 0.08, third), backward=True), lamp)
    builder.quads(_facing(-x - 0.015, (-0.26, 0.26), (0.42 * low + 0.1, low - 0.05), backward=True), "plate")


def _facing(x: float, y: tuple[float, float], z: tuple[float, float], backward: bool) -> np.ndarray:
    """One quad at ``x`` that faces back (or ahead)."""
    corners = np.array([[x, y[0], z[0]], [x, y[1], z[0]], [x, y[1], z[1]], [x, y[0], z[1]]])
    return (corners[::-1] if backward else corners)[None]


def _car(builder: MeshBuilder, size: Size, paint: str) -> None:
    length, width, height = size
    x, y = length / 2, width / 2
    waist = 0.55 * height
    builder.frustum((-x, x, -y, y), (-x, x, -y, y), (0.22, 0.36), "trim")
    builder.frustum((-x, x, -y, y), (-x + 0.06, x - 0.10, -y + 0.04, y - 0.04), (0.36, waist), paint, paint)
    boot = 0.14 if height > 1.6 else 0.26  # a hatchback or estate reaches further back than a saloon
    cabin = (-x + boot * length * 0.5, x - 0.30 * length, -y + 0.08, y - 0.08)
    roof = (cabin[0] + 0.10 * length * (0.6 if height > 1.6 else 1.0), cabin[1] - 0.13 * length, -y + 0.22, y - 0.22)
    builder.frustum(cabin, roof, (waist, height - 0.05), "glass")
    builder.frustum(roof, roof, (height - 0.06, height), paint, paint)


def _van(builder: MeshBuilder, size: Size, paint: str) -> None:
    length, width, height = size
    x, y = length / 2, width / 2
    front = x - 0.16 * length
    builder.frustum((-x, x, -y, y), (-x, x, -y, y), (0.25, 0.45), "trim")
    builder.frustum((-x, front, -y, y), (-x, front - 0.06 * length, -y + 0.06, y - 0.06), (0.45, height), paint, paint)
    builder.frustum((front, x, -y, y), (front, x - 0.05, -y + 0.05, y - 0.05), (0.45, 0.5 * height), paint, paint)
    builder.frustum(
        (front, x - 0.1, -y + 0.05, y - 0.05), (front, front + 0.1, -y + 0.12, y - 0.12), (0.5 * height, 0.92 * height), "glass", paint
    )
    builder.quads(_facing(-x - 0.01, (-y + 0.2, y - 0.2), (0.56 * height, 0.84 * height), backward=True), "glass")


def _lorry(builder: MeshBuilder, size: Size, paint: str) -> None:
    length, width, height = size
    x, y = length / 2, width / 2
    cab = x - min(2.2, 0.3 * length)
    builder.frustum((-x, x, -y + 0.1, y - 0.1), (-x, x, -y + 0.1, y - 0.1), (0.45, 0.9), "trim", "trim")
    builder.frustum((-x, cab - 0.25, -y, y), (-x, cab - 0.25, -y, y), (0.9, height), "paint_white", "paint_silver")
    builder.frustum((cab, x, -y, y), (cab, x - 0.15, -y + 0.05, y - 0.05), (0.5, 0.85 * height), paint, paint)
    builder.quads(_facing(x - 0.05, (-y + 0.15, y - 0.15), (0.45 * height, 0.75 * height), backward=False), "glass")
    builder.quads(_facing(-x - 0.01, (-y, y), (0.55, 0.85), backward=True), "barrier_red")


def _bus(builder: MeshBuilder, size: Size, paint: str) -> None:
    length, width, height = size
    x, y = length / 2, width / 2
    builder.frustum((-x, x, -y, y), (-x, x, -y, y), (0.3, 0.45 * height), paint)
    builder.frustum((-x, x, -y, y), (-x, x, -y, y), (0.45 * height, 0.78 * height), "glass")
    builder.frustum((-x, x, -y, y), (-x, x, -y, y), (0.78 * height, height), paint, "paint_white")


def _wheels(builder: MeshBuilder, size: Size) -> None:
    length, width, height = size
    radius = 0.34 if height < VAN_HEIGHT else 0.45
    for x in (-0.31 * length, 0.31 * length):
        for side in (-1.0, 1.0):
            builder.disc((x, side * (width / 2 + 0.012), radius), radius, (0.0, side, 0.0), "tyre")
            builder.disc((x, side * (width / 2 + 0.02), radius), 0.5 * radius, (0.0, side, 0.0), "paint_silver", sides=6)
    builder.quads(_facing(-0.31 * length - radius, (-width / 2 + 0.05, width / 2 - 0.05), (0.02, radius), backward=True), "tyre")


def _person(
    builder: MeshBuilder, height: float, width: float, variant: int, at: tuple[float, float] = (0.0, 0.0), foot: float = 0.0
) -> None:
    """A standing figure ``height`` tall whose feet are at ``foot``."""
    shirt, trousers = _CLOTHES[variant % len(_CLOTHES)], _TROUSERS[variant % 2]
    skin = "skin" if variant % 3 else "skin_dark"
    x, y = at
    wide = float(np.clip(width / 2, 0.16, 0.3))
    hip, neck = foot + 0.47 * height, foot + 0.83 * height
    for side, step in ((-1.0, 0.12), (1.0, -0.12)):
        leg = side * wide * 0.45
        builder.frustum((-0.09, 0.09, -0.09, 0.09), (-0.1, 0.1, -0.1, 0.1), (foot, hip), trousers, at=(x + step, y + leg))
        arm = side * (wide + 0.05)
        builder.frustum((-0.06, 0.06, -0.06, 0.06), (-0.07, 0.07, -0.07, 0.07), (hip, neck), shirt, shirt, at=(x - step, y + arm))
    builder.frustum((-0.14, 0.14, -wide * 0.8, wide * 0.8), (-0.16, 0.16, -wide, wide), (hip - 0.03, neck), shirt, shirt, at=(x, y))
    head = 0.085 * height
    builder.ball((x, y, neck + head), (head, head * 0.9, head), skin)
    builder.ball((x - 0.03, y, neck + 1.35 * head), (head, head * 0.95, head * 0.75), "hair")


def _pedestrian(builder: MeshBuilder, size: Size, variant: int) -> None:
    _person(builder, size[2], size[1], variant)


def _bicycle(builder: MeshBuilder, size: Size, variant: int) -> None:
    length, _, height = size
    radius = min(0.36, 0.22 * length)
    ends = length / 2 - radius
    for x in (-ends, ends):
        for side in (-1.0, 1.0):  # a wheel is seen from either side
            builder.disc((x, side * 0.02, radius), radius, (0.0, side, 0.0), "tyre", sides=10)
            builder.disc((x, side * 0.025, radius), 0.7 * radius, (0.0, side, 0.0), "paint_silver", sides=10)
    builder.frustum(
        (-ends, ends, -0.03, 0.03), (-ends + 0.1, ends - 0.1, -0.03, 0.03), (radius + 0.1, radius + 0.25), "cloth_red", "cloth_red"
    )
    builder.frustum((ends - 0.15, ends - 0.08, -0.28, 0.28), (ends - 0.15, ends - 0.08, -0.28, 0.28), (0.98, 1.05), "trim", "trim")
    if height > 1.25:  # with its rider
        _person(builder, height - 0.35, 0.36, variant, at=(-0.08, 0.0), foot=0.35)


def _cone(builder: MeshBuilder, size: Size, variant: int) -> None:
    radius, height = 0.42 * min(size[0], size[1]), size[2]
    builder.box((-radius * 1.2, radius * 1.2), (-radius * 1.2, radius * 1.2), (0.0, 0.06 * height), "cone")
    cuts = ((0.06, 0.40, "cone"), (0.40, 0.66, "cone_band"), (0.66, 1.0, "cone"))
    for low, high, colour in cuts:
        builder.tube(
            (0.0, 0.0), (low * height, high * height), (radius * (1.05 - 0.9 * low), radius * (1.05 - 0.9 * high)), colour, sides=8
        )


def _barrier(builder: MeshBuilder, size: Size, variant: int) -> None:
    """Boards of red and white along its longer side."""
    length, width, height = size
    along = length >= width
    long, thick = (length, width) if along else (width, length)
    thick = min(thick, 0.5)
    pieces = max(2, round(long / 0.6))
    edges = np.linspace(-long / 2, long / 2, pieces + 1)
    for number, (start, end) in enumerate(pairwise(edges)):
        for low, high, shift in ((0.0, 0.52, 0), (0.52, 1.0, 1)):
            colour = "barrier_red" if (number + shift) % 2 else "barrier_white"
            extent = ((start, end), (-thick / 2, thick / 2)) if along else ((-thick / 2, thick / 2), (start, end))
            builder.box(*extent, (low * height, high * height), colour)


def _work_sign(builder: MeshBuilder, size: Size, variant: int) -> None:
    height = max(size[2], 0.8)
    builder.tube((0.0, 0.0), (0.0, height * 0.6), (0.04, 0.04), "pole")
    half = min(0.45, 0.35 * height)
    middle = height - half
    diamond = np.array([[0.0, 0.0, middle - half], [0.0, half, middle], [0.0, 0.0, middle + half], [0.0, -half, middle]])
    builder.quads(np.stack([diamond + np.array([0.03, 0.0, 0.0]), diamond[::-1] - np.array([0.03, 0.0, 0.0])]), "sign_orange")
    inner = (diamond - [0.0, 0.0, middle]) * 0.45 + [0.0, 0.0, middle]
    builder.quads(np.stack([inner + np.array([0.04, 0.0, 0.0]), inner[::-1] - np.array([0.04, 0.0, 0.0])]), "signal_box")


def _generic(builder: MeshBuilder, size: Size, variant: int) -> None:
    x, y = size[0] / 2, size[1] / 2
    builder.box((-x, x), (-y, y), (0.0, size[2]), "generic")


_MAKERS: Final[dict[str, Callable[[MeshBuilder, Size, int], None]]] = {
    "pedestrian": _pedestrian,
    "bicycle": _bicycle,
    "traffic_cone": _cone,
    "barrier": _barrier,
    "czone_sign": _work_sign,
    "generic_object": _generic,
}
