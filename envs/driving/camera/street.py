"""A street to draw: what stays for a whole scene, and what changes from moment to moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from envs.driving.camera.mesh import Mesh, MeshBuilder, lattice
from envs.driving.camera.palette import WEATHERS, Weather, sky_coordinates
from envs.driving.camera.roads import build_surface, stop_line
from envs.driving.camera.roadside import build_roadside
from envs.driving.camera.signals import SignalHead, build_poles, place_heads
from envs.driving.road_outlines import LaneOutline, RoadOutlines
from envs.driving.scene import Boxes
from harness.errors import ConfigError, did_you_mean

REACH = 160.0  # m: the part of the map about the centre that is built
SKY_RADIUS = 600.0


@dataclass(frozen=True)
class StreetState:
    """One moment. ``boxes`` and ``ego_pose`` (x, y, heading of the rear axle) are global; ``lights``: {connector: red (True), green (False), or a lamp's name}; ``braking``: tracks whose brake lights are lit."""

    boxes: Boxes
    ego_pose: NDArray[np.float64]
    lights: Mapping[str, bool | str] = field(default_factory=dict)
    braking: frozenset[str] = frozenset()
    time_us: int = 0


@dataclass(frozen=True)
class Street:
    """What stays: ``mesh`` is all that does not move, about ``origin`` (x, y); ``heads`` hang over the road; ``weather``; the ``seed`` of everything that is only decoration."""

    origin: tuple[float, float]
    mesh: Mesh
    heads: tuple[SignalHead, ...]
    weather: Weather
    seed: int

    @property
    def sun_azimuth(self) -> float:
        """rad, anticlockwise from east."""
        return _sun_azimuth(self.seed)


def build_street(
    outlines: RoadOutlines,
    centre: tuple[float, float],
    signalised: tuple[str, ...] = (),
    weather: str = "day",
    seed: int = 0,
    reach: float = REACH,
) -> Street:
    """The street within ``reach`` m of ``centre``. ``signalised``: connectors with a light, beside those that the map says have one. Raises ConfigError for an unknown weather."""
    if weather not in WEATHERS:
        raise ConfigError(f"weather {weather!r} is unknown", did_you_mean(weather, WEATHERS))
    light = WEATHERS[weather]
    near = _moved(outlines.within(*centre, reach), centre)
    lit = {connector.id for connector in near.connectors if connector.has_light} | set(signalised)
    heads = place_heads(near, lit)
    builder = MeshBuilder()
    keep_off = build_surface(builder, near)
    stopping = {head.lane for head in heads}
    for lane in near.lanes:
        if lane.id in stopping:
            stop_line(builder, lane)
    build_poles(builder, heads)
    build_roadside(builder, keep_off, np.random.default_rng([seed, 11]))
    _sky(builder, light, _sun_azimuth(seed))
    return Street(centre, builder.build(), heads, light, seed)


def _sky(builder: MeshBuilder, weather: Weather, azimuth: float) -> None:
    """A dome seen from inside whose colours go from the horizon's to the zenith's, and the sun on it."""
    rings, sides = 10, 24
    elevation = np.linspace(-0.02, np.pi / 2, rings + 1)
    angle = np.linspace(0.0, 2 * np.pi, sides + 1)
    grid_e, grid_a = np.meshgrid(elevation, angle, indexing="ij")
    unit = np.stack([np.cos(grid_e) * np.cos(grid_a), np.cos(grid_e) * np.sin(grid_a), np.sin(grid_e)], axis=-1).reshape(-1, 3)
    builder.textured(SKY_RADIUS * unit, lattice(rings, sides), -unit, sky_coordinates(np.maximum(unit[:, 2], 0.0)))
    if weather.sun_visible:
        towards = sun_direction(weather, azimuth)
        x, y, z = 0.97 * SKY_RADIUS * towards
        builder.disc((float(x), float(y), float(z)), 22.0 if weather.sun_elevation > 0.4 else 34.0, tuple(-towards), "sun", sides=16)


def sun_direction(weather: Weather, azimuth: float) -> NDArray[np.float64]:
    """(3,) unit vector towards the sun."""
    level = np.cos(weather.sun_elevation)
    return np.array([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(weather.sun_elevation)])


def _moved(outlines: RoadOutlines, centre: tuple[float, float]) -> RoadOutlines:
    """The outlines about ``centre``: single precision needs small numbers."""
    shift = np.asarray(centre)

    def shape(polygon: shapely.Polygon) -> shapely.Polygon:
        return shapely.transform(polygon, lambda xy: xy - shift)

    def lane(it: LaneOutline) -> LaneOutline:
        left, right, baseline = (np.asarray(line)[:, :2] - shift for line in (it.left, it.right, it.baseline))
        return replace(it, polygon=shape(it.polygon), left=left, right=right, baseline=baseline)

    return RoadOutlines(
        tuple(map(lane, outlines.lanes)),
        tuple(map(lane, outlines.connectors)),
        *(
            tuple(map(shape, group))
            for group in (outlines.intersections, outlines.roadblocks, outlines.crosswalks, outlines.carparks, outlines.walkways)
        ),
    )


def _sun_azimuth(seed: int) -> float:
    return float(np.random.default_rng([seed, 7]).uniform(-np.pi, np.pi))
