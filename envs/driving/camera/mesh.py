"""Triangles with a palette colour each: what every thing in the street is made of.

Frames are z up, metres. Faces wind counter-clockwise seen from outside; normals are per face, so that boxes have edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from envs.driving.camera.palette import texture_coordinates

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mesh:
    """``vertices`` (n, 3), ``triangles`` (m, 3), ``normals`` (n, 3), ``uvs`` (n, 2), of the types that SAPIEN takes."""

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    normals: NDArray[np.float32]
    uvs: NDArray[np.float32]


class MeshBuilder:
    """Collects coloured faces; :meth:`build` returns them as one mesh."""

    def __init__(self) -> None:
        self._vertices: list[Array] = []
        self._normals: list[Array] = []
        self._uvs: list[Array] = []
        self._triangles: list[NDArray[np.int64]] = []
        self._count = 0

    def faces(self, vertices: Array, triangles: NDArray[np.integer], normals: Array, colour: str) -> None:
        """``vertices`` (n, 3), ``triangles`` (m, 3) into them, ``normals`` (n, 3) or (3,)."""
        self.textured(vertices, triangles, normals, np.tile(np.asarray(texture_coordinates(colour)), (len(vertices), 1)))

    def textured(self, vertices: Array, triangles: NDArray[np.integer], normals: Array, uvs: Array) -> None:
        """As :meth:`faces`, with texture coordinates (n, 2) of their own."""
        self._vertices.append(np.asarray(vertices, float))
        self._normals.append(np.broadcast_to(np.asarray(normals, float), (len(vertices), 3)))
        self._uvs.append(uvs)
        self._triangles.append(np.asarray(triangles, np.int64) + self._count)
        self._count += len(vertices)

    def quads(self, corners: Array, colour: str) -> None:
        """``corners`` (n, 4, 3), counter-clockwise."""
        if not len(corners):
            return
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        first = 4 * np.arange(len(corners))[:, None]
        triangles = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
        self.faces(corners.reshape(-1, 3), triangles, np.repeat(normals, 4, axis=0), colour)

    def frustum(
        self,
        base: Sequence[float],
        top: Sequence[float],
        z: tuple[float, float],
        sides: str,
        lid: str | None = None,
        at: tuple[float, float] = (0.0, 0.0),
        yaw: float = 0.0,
    ) -> None:
        """A box whose lid may be smaller: ``base`` and ``top`` are (x0, x1, y0, y1) about ``at``, turned by ``yaw``; the bottom is left open, and the lid too where it is None."""
        low, high = _rectangle(base, z[0]), _rectangle(top, z[1])
        cos, sin = np.cos(yaw), np.sin(yaw)
        turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        low, high = low @ turn + [*at, 0.0], high @ turn + [*at, 0.0]
        follow = np.roll(np.arange(4), -1)
        self.quads(np.stack([low, low[follow], high[follow], high], axis=1), sides)
        if lid is not None:
            self.quads(high[None], lid)

    def box(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], colour: str, lid: str | None = None) -> None:
        """An upright box without a bottom."""
        self.frustum((*x, *y), (*x, *y), z, colour, lid or colour)

    def tube(self, at: tuple[float, float], z: tuple[float, float], radii: tuple[float, float], colour: str, sides: int = 6) -> None:
        """An upright cylinder or cone of ``sides`` sides, its lid closed."""
        angles = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        low = np.column_stack([ring * radii[0] + at, np.full(sides, z[0])])
        high = np.column_stack([ring * radii[1] + at, np.full(sides, z[1])])
        follow = np.roll(np.arange(sides), -1)
        self.quads(np.stack([low, low[follow], high[follow], high], axis=1), colour)
        if radii[1] > 0:
            fan = np.array([[0, k, k + 1] for k in range(1, sides - 1)])
            self.faces(high, fan, np.array([0.0, 0.0, 1.0]), colour)

    def ball(
        self, centre: tuple[float, float, float], radii: tuple[float, float, float], colour: str, rings: int = 4, sides: int = 7
    ) -> None:
        """An ellipsoid, smooth."""
        polar = np.linspace(0.0, np.pi, rings + 1)
        angles = np.linspace(0.0, 2 * np.pi, sides + 1)
        grid_p, grid_a = np.meshgrid(polar, angles, indexing="ij")
        unit = np.stack([np.sin(grid_p) * np.cos(grid_a), np.sin(grid_p) * np.sin(grid_a), np.cos(grid_p)], axis=-1).reshape(-1, 3)
        self.faces(unit * radii + centre, lattice(rings, sides), unit / np.asarray(radii) * min(radii), colour)

    def disc(
        self, centre: tuple[float, float, float], radius: float, normal: tuple[float, float, float], colour: str, sides: int = 8
    ) -> None:
        """A flat disc that faces ``normal``."""
        up = np.asarray(normal, float) / np.linalg.norm(normal)
        right = np.cross([0.0, 0.0, 1.0] if abs(up[2]) < 0.9 else [1.0, 0.0, 0.0], up)
        right /= np.linalg.norm(right)
        forward = np.cross(up, right)
        angles = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
        rim = np.asarray(centre) + radius * (np.cos(angles)[:, None] * right + np.sin(angles)[:, None] * forward)
        fan = np.array([[0, k, k + 1] for k in range(1, sides - 1)])
        self.faces(rim, fan, up, colour)

    def area(self, shape: BaseGeometry, z: float, colour: str) -> None:
        """A polygon or multipolygon, flat at height ``z``."""
        triangles = _triangulated(shape)
        if len(triangles):
            corners = np.concatenate([triangles, np.full((*triangles.shape[:2], 1), z)], axis=2)
            self.faces(corners.reshape(-1, 3), np.arange(3 * len(triangles)).reshape(-1, 3), np.array([0.0, 0.0, 1.0]), colour)

    def ribbon(self, line: Array, width: float, z: float, colour: str) -> None:
        """A flat band along a polyline (n, 2)."""
        line = _without_repeats(np.asarray(line, float)[:, :2])
        if len(line) < 2:
            return
        left = _left_normals(line) * (width / 2)
        one = np.column_stack([line + left, np.full(len(line), z)])
        two = np.column_stack([line - left, np.full(len(line), z)])
        self.quads(np.stack([two[:-1], two[1:], one[1:], one[:-1]], axis=1), colour)

    def wall(self, line: Array, z: tuple[float, float], colour: str) -> None:
        """A vertical face along a polyline (n, 2); it shows its right side, seen along the line."""
        line = _without_repeats(np.asarray(line, float)[:, :2])
        if len(line) < 2:
            return
        low = np.column_stack([line, np.full(len(line), z[0])])
        high = np.column_stack([line, np.full(len(line), z[1])])
        self.quads(np.stack([low[:-1], low[1:], high[1:], high[:-1]], axis=1), colour)

    def add(self, mesh: Mesh, at: tuple[float, float, float], yaw: float = 0.0) -> None:
        """Another mesh, turned and moved into place."""
        cos, sin = np.cos(yaw), np.sin(yaw)
        turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        vertices, normals = mesh.vertices.astype(float), mesh.normals.astype(float)
        self.textured(vertices @ turn + np.asarray(at), mesh.triangles, normals @ turn, mesh.uvs.astype(float))

    def build(self) -> Mesh:
        """All of it as one mesh; at least one (degenerate) triangle, since SAPIEN refuses an empty one."""
        if not self._count:
            self.faces(np.zeros((3, 3)), np.array([[0, 1, 2]]), np.array([0.0, 0.0, 1.0]), "shadow")
        return Mesh(
            np.concatenate(self._vertices).astype(np.float32),
            np.concatenate(self._triangles).astype(np.uint32),
            np.concatenate(self._normals).astype(np.float32),
            np.concatenate(self._uvs).astype(np.float32),
        )


def lattice(rows: int, columns: int) -> NDArray[np.int64]:
    """(2 rows columns, 3): triangles over a grid of (rows + 1) by (columns + 1) vertices, numbered row by row."""
    row, column = (part.ravel() for part in np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"))
    a, b = row * (columns + 1) + column, (row + 1) * (columns + 1) + column
    return np.concatenate([np.stack([a, b, b + 1], axis=1), np.stack([a, b + 1, a + 1], axis=1)])


def _rectangle(extent: Sequence[float], z: float) -> Array:
    x0, x1, y0, y1 = extent
    return np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]])


def _triangulated(shape: BaseGeometry) -> Array:
    """(n, 3, 2) triangles, counter-clockwise, of all polygons in ``shape``."""
    polygons = [part for part in shapely.get_parts(shapely.get_parts(shape)) if part.geom_type == "Polygon" and part.area > 1e-6]
    if not polygons:
        return np.zeros((0, 3, 2))
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(np.array(polygons)))
    rings = shapely.get_coordinates(pieces).reshape(-1, 4, 2)[:, :3]
    one, two = rings[:, 1] - rings[:, 0], rings[:, 2] - rings[:, 0]
    clockwise = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] < 0
    rings[clockwise] = rings[clockwise][:, ::-1]
    return rings


def _without_repeats(line: Array) -> Array:
    keep = np.concatenate([[True], np.linalg.norm(np.diff(line, axis=0), axis=1) > 1e-6])
    return line[keep]


def _left_normals(line: Array) -> Array:
    """(n, 2) normals at the vertices of a polyline, longer at corners so that a band keeps its width (up to 2 times)."""
    step = np.diff(line, axis=0)
    step /= np.linalg.norm(step, axis=1, keepdims=True)
    side = np.stack([-step[:, 1], step[:, 0]], axis=1)
    before, after = np.vstack([side[:1], side]), np.vstack([side, side[-1:]])
    mean = before + after
    size = np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    mean /= size
    return mean / np.maximum(np.sum(mean * after, axis=1, keepdims=True), 0.5)
