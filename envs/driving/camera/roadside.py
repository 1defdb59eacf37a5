"""What stands beside the road: trees, houses, street lamps, drawn from a seed. It tells nothing of the task; it makes motion and distance visible."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from envs.driving.camera.mesh import MeshBuilder

_TREE_CLEARANCE, _HOUSE_CLEARANCE, _LAMP_CLEARANCE = 4.5, 13.0, 1.6  # m from the road
_SPACING = 11.0  # m along the road's edge
_WALLS = ("wall_a", "wall_b", "wall_c", "wall_d", "wall_e")
_LEAVES = ("leaves_a", "leaves_b", "leaves_c")


def build_roadside(builder: MeshBuilder, road: BaseGeometry, rng: np.random.Generator) -> None:
    """Trees, houses and lamps along the edges of ``road`` (all that one can drive or walk on), none of them on it."""
    free_of_houses, free_of_trees = road.buffer(8.0), road.buffer(2.5)
    shapely.prepare(free_of_houses)
    shapely.prepare(free_of_trees)
    taken: list[BaseGeometry] = []
    for point, outward in _edge_points(road.buffer(0.5).simplify(0.5), _SPACING):
        kind, jitter, turn = rng.random(), rng.uniform(-3.0, 3.0, 2), rng.random(4)
        if kind < 0.34:
            at = point + outward * (_HOUSE_CLEARANCE + 8.0 * turn[0]) + jitter
            size = np.array([9.0 + 7.0 * turn[1], 9.0 + 6.0 * turn[2], 5.0 + 14.0 * turn[3] ** 2])
            yaw = float(np.arctan2(outward[1], outward[0]))
            footprint = _footprint(at, size, yaw)
            if footprint.intersects(free_of_houses) or any(footprint.intersects(other) for other in taken):
                continue
            taken.append(footprint)
            _house(builder, at, size, yaw, _WALLS[int(turn[0] * 997) % len(_WALLS)])
        elif kind < 0.78:
            at = point + outward * (_TREE_CLEARANCE + 5.0 * turn[0]) + 0.5 * jitter
            if not free_of_trees.contains(shapely.Point(at)):
                _tree(builder, at, 4.5 + 4.0 * turn[1], _LEAVES[int(turn[2] * 997) % len(_LEAVES)])
        elif kind < 0.9:
            at = point + outward * _LAMP_CLEARANCE
            if not road.contains(shapely.Point(at)):
                _lamp(builder, at, -outward)


def _edge_points(road: BaseGeometry, spacing: float) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Points along the road's outlines with the direction that leads away from it."""
    found = []
    for polygon in shapely.get_parts(road):
        polygon = shapely.geometry.polygon.orient(polygon)
        for ring in (polygon.exterior, *polygon.interiors):
            if ring.length < 4 * spacing:
                continue
            distances = np.arange(spacing / 2, ring.length, spacing)
            points = shapely.get_coordinates(shapely.line_interpolate_point(ring, distances))
            ahead = shapely.get_coordinates(shapely.line_interpolate_point(ring, (distances + 0.5) % ring.length))
            along = ahead - points
            along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
            found += list(zip(points, np.stack([along[:, 1], -along[:, 0]], axis=1)))  # the road lies to the left of its outline
    return found


def _footprint(at: NDArray[np.float64], size: NDArray[np.float64], yaw: float) -> BaseGeometry:
    x, y = size[0] / 2 + 1.0, size[1] / 2 + 1.0
    cos, sin = np.cos(yaw), np.sin(yaw)
    corners = np.array([[-x, -y], [x, -y], [x, y], [-x, y]]) @ np.array([[cos, sin], [-sin, cos]]) + at
    return shapely.Polygon(corners)


def _house(builder: MeshBuilder, at: NDArray[np.float64], size: NDArray[np.float64], yaw: float, wall: str) -> None:
    house = MeshBuilder()
    x, y, height = size[0] / 2, size[1] / 2, float(size[2])
    house.frustum((-x, x, -y, y), (-x, x, -y, y), (0.0, height), wall, "roof")
    if height < 9.0:
        house.frustum((-x - 0.3, x + 0.3, -y - 0.3, y + 0.3), (-0.5, 0.5, -y * 0.6, y * 0.6), (height, height + 2.2), "roof", "roof")
    for floor in range(max(1, int(height / 3.2))):
        low, high = 1.0 + 3.2 * floor, 2.5 + 3.2 * floor
        lit = "window_lit" if (floor + int(size[0] * 7)) % 2 else "window"
        for start in np.arange(-y + 1.0, y - 1.6, 2.6):
            house.quads(
                np.array(
                    [[[-x - 0.03, start + 1.2, low], [-x - 0.03, start, low], [-x - 0.03, start, high], [-x - 0.03, start + 1.2, high]]]
                ),
                lit,
            )
        for side in (-1.0, 1.0):
            for start in np.arange(-x + 1.0, x - 1.6, 3.4):
                quad = np.array(
                    [
                        [start, side * (y + 0.03), low],
                        [start + 1.2, side * (y + 0.03), low],
                        [start + 1.2, side * (y + 0.03), high],
                        [start, side * (y + 0.03), high],
                    ]
                )
                house.quads((quad if side < 0 else quad[::-1])[None], lit)
    builder.add(house.build(), (float(at[0]), float(at[1]), 0.0), yaw)


def _tree(builder: MeshBuilder, at: NDArray[np.float64], height: float, leaves: str) -> None:
    x, y = float(at[0]), float(at[1])
    builder.tube((x, y), (0.0, 0.45 * height), (0.18, 0.14), "trunk", sides=5)
    radius = 0.28 * height
    builder.ball((x, y, 0.66 * height), (radius, radius, 0.34 * height), leaves, rings=4, sides=6)


def _lamp(builder: MeshBuilder, at: NDArray[np.float64], towards: NDArray[np.float64]) -> None:
    x, y = float(at[0]), float(at[1])
    builder.tube((x, y), (0.0, 7.0), (0.09, 0.06), "pole", sides=5)
    arm = np.array([at, at + 1.8 * towards])
    builder.ribbon(arm, 0.12, 7.0, "pole")
    builder.ball((float(arm[1, 0]), float(arm[1, 1]), 6.9), (0.32, 0.32, 0.12), "lamp", rings=3, sides=6)
