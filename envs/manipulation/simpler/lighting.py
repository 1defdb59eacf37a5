"""The lights of the Google Robot's scenes, by the protocol's names (``simpler.md`` D2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

SHADOW_SCALE = 5.0  # m: half the width that a shadow map covers


@dataclass(frozen=True)
class Directional:
    """A light from infinity that shines along ``direction``; ``strength`` is the same for red, green and blue."""

    direction: tuple[float, float, float]
    strength: float
    shadow: bool = False


@dataclass(frozen=True)
class Lighting:
    ambient: float
    lights: tuple[Directional, ...]

    def shine(self, scene: Any) -> None:
        scene.set_ambient_light([self.ambient] * 3)
        for light in self.lights:
            scene.add_directional_light(list(light.direction), [light.strength] * 3, shadow=light.shadow, shadow_scale=SHADOW_SCALE)


def _table(above: float, sides: float) -> Lighting:
    return Lighting(0.3, (Directional((0, 0, -1), above), Directional((-1, -0.5, -1), sides), Directional((1, 1, -1), sides)))


def _cabinet(strength: float) -> Lighting:
    sides = (Directional((-1, 1, -0.05), 0.5), Directional((-1, -1, -0.05), 0.5))
    return Lighting(0.3, (Directional((-0.2, 0, -1), strength, shadow=True), *sides))


TABLE_LIGHTS: Mapping[str, Lighting] = {
    "default": _table(2.2, 0.7),
    "slightly_darker": Lighting(0.3, (Directional((1, 1, -1), 0.8), Directional((0, 0, -1), 0.8))),
    "slightly_brighter": _table(3.6, 1.3),
}
CABINET_LIGHTS: Mapping[str, Lighting] = {
    "simple": Lighting(1.0, (Directional((-cos(radians(75)), 0, -sin(radians(75))), 1.0),)),
    "default": _cabinet(1.0),
    "darker": _cabinet(0.5),
    "brighter": _cabinet(2.0),
}
