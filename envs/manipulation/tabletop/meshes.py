"""Triangle meshes in code: solids of revolution and boxes. Metres; z up unless said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import trimesh
from numpy.typing import NDArray

from harness.disk_cache import cached_file, content_key

Profile = Sequence[tuple[float, float]]  # (radius, height) from the bottom of the axis to its top


def lathe(profile: Profile, sections: int = 24) -> trimesh.Trimesh:
    """The closed solid that ``profile`` sweeps about z. It should begin and end on the axis (radius 0)."""
    angles = np.linspace(0.0, 2.0 * np.pi, sections, endpoint=False)
    rings = [np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(sections, height)], axis=1) for radius, height in profile]
    vertices = np.concatenate(rings)
    faces: list[tuple[int, int, int]] = []
    for ring in range(len(profile) - 1):
        for here in range(sections):
            there = (here + 1) % sections
            a, b = ring * sections + here, ring * sections + there
            c, d = a + sections, b + sections
            faces += [(a, b, d), (a, d, c)]
    mesh = trimesh.Trimesh(vertices, faces, process=True)
    mesh.update_faces(mesh.nondegenerate_faces())
    mesh.remove_unreferenced_vertices()
    return mesh


def lying(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """``mesh`` with its z axis laid along x."""
    turned = mesh.copy()
    turned.apply_transform(np.array([[0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]], float))
    return turned


def box(size: Sequence[float], centre: Sequence[float] = (0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    mesh = trimesh.creation.box(extents=size)
    mesh.apply_translation(np.asarray(centre, float))
    return mesh


def flat_ellipsoid(half: Sequence[float], centre: Sequence[float] = (0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    mesh = trimesh.creation.icosphere(subdivisions=2, radius=1.0)
    mesh.apply_scale(np.asarray(half, float))
    mesh.apply_translation(np.asarray(centre, float))
    return mesh


def joined(*parts: trimesh.Trimesh) -> trimesh.Trimesh:
    return cast(trimesh.Trimesh, trimesh.util.concatenate(list(parts)))


def hull_vertices(meshes: Sequence[trimesh.Trimesh]) -> NDArray[np.float64]:
    """(n, 3) vertices of the convex hull of all ``meshes``: enough to know any bounding box of the body."""
    return np.asarray(joined(*meshes).convex_hull.vertices, float)


def mesh_file(mesh: trimesh.Trimesh, smooth: bool = False) -> Path:
    """A cached OBJ file of ``mesh``. ``smooth`` writes normals that round all but sharp edges (for looks; collision meshes need none)."""
    key = content_key(np.round(mesh.vertices, 6).tobytes(), np.asarray(mesh.faces, np.int64).tobytes(), f"smooth={smooth} v1")

    def make() -> bytes:
        shown = trimesh.graph.smooth_shade(mesh, angle=np.radians(35.0)) if smooth else mesh
        return str(shown.export(file_type="obj", include_normals=smooth)).encode()

    return cached_file("meshes", f"{key}.obj", make)
