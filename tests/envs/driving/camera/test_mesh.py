"""Meshes fill what they stand for, and every colour is itself."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from envs.driving.camera.mesh import Mesh, MeshBuilder
from envs.driving.camera.palette import NAMES, SURFACE_COLOURS, WEATHERS, texture_coordinates, textures
from envs.driving.camera.things import thing_mesh
from envs.driving.scene import OBJECT_NAMES


def _areas(mesh: Mesh) -> np.ndarray:
    corners = mesh.vertices[mesh.triangles].astype(float)
    return np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2


def test_an_area_has_its_polygon_s_area_holes_left_out_and_faces_up() -> None:
    ring = shapely.Polygon([(0, 0), (10, 0), (10, 6), (0, 6)], [[(2, 2), (2, 4), (4, 4), (4, 2)]])
    builder = MeshBuilder()
    builder.area(shapely.union_all([ring, shapely.box(20, 0, 22, 1)]), 0.5, "asphalt")
    mesh = builder.build()
    assert _areas(mesh).sum() == pytest.approx(60 - 4 + 2, abs=1e-4)
    corners = mesh.vertices[mesh.triangles].astype(float)
    assert (np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0).all()
    assert set(mesh.vertices[:, 2]) == {0.5}


def test_a_ribbon_keeps_its_width_around_a_corner() -> None:
    builder = MeshBuilder()
    builder.ribbon(np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 0.0], [10.0, 10.0]]), 0.4, 0.0, "marking")
    assert _areas(builder.build()).sum() == pytest.approx(20 * 0.4, rel=0.01)


_SIZES = {
    "vehicle": [(4.6, 1.9, 1.5), (5.4, 2.0, 2.4), (8.0, 2.4, 3.2), (12.0, 2.5, 3.2)],
    "pedestrian": [(0.6, 0.6, 1.75), (0.5, 0.5, 1.2)],
    "bicycle": [(1.8, 0.7, 1.7), (1.8, 0.7, 1.1)],
}


@pytest.mark.parametrize(
    ("name", "size"), [(name, size) for name in OBJECT_NAMES for size in _SIZES.get(name, [(0.5, 0.5, 0.9), (2.5, 0.5, 1.1)])]
)
def test_a_thing_stays_within_its_box_and_reaches_its_top(name: str, size: tuple[float, float, float]) -> None:
    vertices = thing_mesh(name, size, "token").vertices
    allowed = {"pedestrian": 0.45, "bicycle": 0.3, "czone_sign": 0.5}.get(name, 0.03)  # arms and handlebars, a sign's board
    assert np.abs(vertices[:, 0]).max() <= max(size[0] / 2, 0.3) + allowed
    assert np.abs(vertices[:, 1]).max() <= size[1] / 2 + allowed
    assert vertices[:, 2].min() >= -0.01
    assert vertices[:, 2].max() == pytest.approx(max(size[2], 0.8) if name == "czone_sign" else size[2], rel=0.12)


def test_colours_come_from_the_identity_and_brake_lights_from_braking() -> None:
    same = [thing_mesh("vehicle", (4.6, 1.9, 1.5), "a").uvs.tobytes() for _ in range(2)]
    assert same[0] == same[1]
    assert len({thing_mesh("vehicle", (4.6, 1.9, 1.5), f"track{k}").uvs.tobytes() for k in range(20)}) > 4
    assert thing_mesh("vehicle", (4.6, 1.9, 1.5), "a", braking=True).uvs.tobytes() != same[0]


def test_every_colour_has_a_cell_of_its_own() -> None:
    lit, shining = textures(WEATHERS["day"])
    height, width = lit.shape[:2]
    for name in NAMES:
        u, v = texture_coordinates(name)
        x, y = u * width, v * height
        cell = (lit if name in SURFACE_COLOURS else shining)[int(y) - 1 : int(y) + 1, int(x) - 1 : int(x) + 1, :3].reshape(-1, 3)
        assert (cell == cell[0]).all()
    assert (
        tuple(lit[int(texture_coordinates("grass")[1] * height), int(texture_coordinates("grass")[0] * width), :3])
        == SURFACE_COLOURS["grass"]
    )
