"""The colours of a rendered street, by weather.

Every surface takes its colour from one small texture, so that a whole street is one mesh with one material: fewer draw calls, and a change of weather is a change of texture. Colours are sRGB, 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]

CELL: Final = 4  # texels a side of a colour's cell: linear filtering at its centre never reaches a neighbour
COLUMNS: Final = 16
ROWS: Final = 16
SKY_ROWS: Final = 64  # the sky's gradient has a texture column of its own, from the horizon up

SURFACE_COLOURS: Final[dict[str, Rgb]] = {
    "asphalt": (92, 94, 98),
    "asphalt_light": (112, 113, 116),
    "carpark": (120, 118, 116),
    "grass": (106, 136, 80),
    "grass_dark": (88, 118, 68),
    "sidewalk": (172, 168, 160),
    "kerb": (205, 203, 196),
    "kerb_face": (150, 148, 144),
    "marking": (240, 240, 236),
    "marking_yellow": (238, 190, 50),
    "stop_line": (250, 250, 248),
    "shadow": (48, 50, 54),
    "pole": (84, 88, 92),
    "signal_box": (24, 26, 28),
    "lens_red_off": (84, 22, 20),
    "lens_yellow_off": (84, 66, 16),
    "lens_green_off": (16, 66, 36),
    "trunk": (98, 76, 58),
    "leaves_a": (72, 118, 58),
    "leaves_b": (92, 134, 62),
    "leaves_c": (58, 100, 60),
    "window": (72, 92, 112),
    "wall_a": (190, 150, 122),
    "wall_b": (206, 196, 176),
    "wall_c": (158, 112, 96),
    "wall_d": (176, 182, 188),
    "wall_e": (214, 184, 130),
    "roof": (112, 92, 84),
    "paint_white": (236, 236, 236),
    "paint_black": (44, 46, 52),
    "paint_silver": (172, 178, 184),
    "paint_red": (186, 44, 40),
    "paint_blue": (46, 88, 160),
    "paint_green": (52, 112, 84),
    "paint_yellow": (230, 186, 46),
    "paint_brown": (128, 98, 74),
    "paint_bus": (232, 120, 40),
    "glass": (44, 56, 68),
    "tyre": (26, 27, 29),
    "trim": (58, 60, 64),
    "plate": (226, 228, 220),
    "skin": (222, 178, 146),
    "skin_dark": (134, 96, 72),
    "hair": (52, 40, 32),
    "cloth_red": (206, 52, 52),
    "cloth_blue": (48, 92, 186),
    "cloth_yellow": (240, 206, 56),
    "cloth_green": (56, 150, 92),
    "cloth_violet": (138, 78, 168),
    "trousers_a": (44, 52, 78),
    "trousers_b": (86, 80, 72),
    "cone": (246, 108, 24),
    "cone_band": (248, 248, 244),
    "barrier_red": (214, 44, 38),
    "barrier_white": (244, 244, 240),
    "sign_orange": (250, 140, 20),
    "generic": (142, 120, 96),
    "hills": (150, 170, 172),
}
"""Surfaces that the sun lights."""

LIGHT_COLOURS: Final[dict[str, Rgb]] = {
    "lens_red": (255, 30, 22),
    "lens_yellow": (255, 196, 20),
    "lens_green": (40, 255, 128),
    "brake_on": (255, 36, 30),
    "tail": (120, 14, 14),
    "headlight": (228, 232, 236),
    "indicator": (255, 160, 30),
    "lamp": (206, 204, 192),
    "window_lit": (72, 92, 112),
    "sun": (255, 252, 232),
}
"""Surfaces that shine by themselves: shown as they are, whatever the light."""

NAMES: Final[tuple[str, ...]] = (*SURFACE_COLOURS, *LIGHT_COLOURS)
_INDEX: Final = {name: index for index, name in enumerate(NAMES)}


@dataclass(frozen=True)
class Weather:
    """How the light is. ``sun_elevation`` in rad; ``ambient`` and ``sunlight`` RGB radiances; ``haze``: 1/m, how fast things fade into ``haze_colour``; ``rain``: streaks a picture."""

    name: str
    horizon: Rgb
    zenith: Rgb
    haze_colour: Rgb
    haze: float
    ambient: tuple[float, float, float]
    sunlight: tuple[float, float, float]
    sun_elevation: float
    sun_visible: bool
    lights_on: bool
    wet: bool
    rain: int


WEATHERS: Final[dict[str, Weather]] = {
    "day": Weather(
        "day",
        (196, 218, 236),
        (84, 146, 214),
        (198, 214, 226),
        0.0012,
        (0.56, 0.60, 0.66),
        (1.9, 1.8, 1.6),
        0.75,
        True,
        False,
        False,
        0,
    ),
    "dusk": Weather(
        "dusk",
        (250, 168, 104),
        (58, 70, 124),
        (196, 146, 118),
        0.0022,
        (0.46, 0.42, 0.46),
        (1.5, 0.85, 0.5),
        0.13,
        True,
        True,
        False,
        0,
    ),
    "rain": Weather(
        "rain",
        (164, 170, 176),
        (128, 136, 146),
        (166, 172, 178),
        0.0085,
        (0.60, 0.62, 0.66),
        (0.35, 0.36, 0.38),
        0.95,
        False,
        True,
        True,
        70,
    ),
}
"""The weathers, by name."""


def texture_coordinates(colour: str) -> tuple[float, float]:
    """(u, v) of the centre of ``colour``'s cell. Raises KeyError for a colour that is not in the palette."""
    index = _INDEX[colour]
    column, row = index % COLUMNS, index // COLUMNS
    return (column + 0.5) * CELL / _width(), (row + 0.5) * CELL / _height()


def sky_coordinates(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) u, v for heights (n,) above the horizon: 0 is the horizon, 1 the zenith."""
    v = (0.5 + np.clip(height, 0.0, 1.0) * (SKY_ROWS - 1)) / _height()
    return np.stack([np.full_like(v, (COLUMNS + 0.5) * CELL / _width()), v], axis=1)


def textures(weather: Weather) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(height, width, 4) RGBA of what the sun lights, and of what shines by itself."""
    lit = np.zeros((_height(), _width(), 4), np.uint8)
    shining = lit.copy()
    lit[..., 3] = shining[..., 3] = 255
    for index, name in enumerate(NAMES):
        column, row = index % COLUMNS, index // COLUMNS
        cell = (slice(row * CELL, (row + 1) * CELL), slice(column * CELL, (column + 1) * CELL), slice(0, 3))
        if name in SURFACE_COLOURS:
            lit[cell] = _wetted(name, SURFACE_COLOURS[name]) if weather.wet else SURFACE_COLOURS[name]
        else:
            shining[cell] = _light(name, weather)
    share = np.linspace(0.0, 1.0, SKY_ROWS)[:, None] ** 0.6
    gradient = np.asarray(weather.horizon) * (1 - share) + np.asarray(weather.zenith) * share
    shining[:SKY_ROWS, COLUMNS * CELL :, :3] = np.round(gradient)[:, None, :]
    return lit, shining


def _light(name: str, weather: Weather) -> Rgb:
    if weather.lights_on:
        return {"headlight": (255, 250, 220), "lamp": (255, 226, 150), "window_lit": (250, 206, 120), "tail": (190, 16, 16)}.get(
            name, LIGHT_COLOURS[name]
        )
    return LIGHT_COLOURS[name]


def _wetted(name: str, colour: Rgb) -> Rgb:
    """Wet asphalt is darker, everything is a little greyer; markings stay legible."""
    if name.startswith(("asphalt", "carpark")):
        return round(0.72 * colour[0]), round(0.72 * colour[1]), round(0.72 * colour[2])
    red, green, blue = (round(0.85 * part + 0.15 * sum(colour) / 3) for part in colour)
    return red, green, blue


def _width() -> int:
    return (COLUMNS + 1) * CELL


def _height() -> int:
    return ROWS * CELL
