"""Collision meshes cut into the convex pieces that the original simulator used.

SIMPLER was tuned on SAPIEN 2, which makes one convex hull of every *connected piece* of a collision OBJ. SAPIEN 3 makes one of every ``o`` group: a spoon whose bowl and handle are one group becomes a single hull that is
0.0642 kg instead of 0.0359 kg, and is grasped where the original misses. So a file whose groups are not its connected pieces is rewritten, with a group for each, into a cache folder; other files are used as they are.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from harness.disk_cache import cached_file, content_key

Piece = tuple[NDArray[np.float64], list[list[int]]]  # vertices (n, 3), faces as indices into them


def split_for_sapien3(collision_obj: Path) -> Path:
    """A file that SAPIEN 3 splits as SAPIEN 2 splits ``collision_obj``: the file itself, or a rewritten copy in the cache."""
    text = collision_obj.read_text()
    groups = _read_groups(text)
    pieces = [piece for group in groups for piece in connected_pieces(*group)]
    if len(pieces) == len(groups):
        return collision_obj
    name = f"{collision_obj.parent.name}-{content_key(text)}.obj"
    return cached_file("collision_pieces", name, lambda: _as_obj(pieces).encode())


def connected_pieces(vertices: NDArray[np.float64], faces: list[list[int]]) -> list[Piece]:
    """Split a mesh into pieces that share no vertex position, in the order of their first face."""
    if not faces:
        return []
    points, at = np.unique(vertices, axis=0, return_inverse=True)
    at = at.reshape(-1)
    edges = np.array([(at[a], at[b]) for face in faces for a, b in pairwise(face)])
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(points), len(points)))
    _, label_of_point = connected_components(graph, directed=False)
    faces_of: dict[int, list[list[int]]] = {}
    for face in faces:
        corners = [int(at[corner]) for corner in face]
        faces_of.setdefault(int(label_of_point[corners[0]]), []).append(corners)
    pieces: list[Piece] = []
    for piece_faces in faces_of.values():
        used = sorted({corner for face in piece_faces for corner in face})
        renumbered = {corner: i for i, corner in enumerate(used)}
        pieces.append((points[used], [[renumbered[corner] for corner in face] for face in piece_faces]))
    return pieces


def _read_groups(text: str) -> list[Piece]:
    """The ``o`` groups of a Wavefront file that have faces; vertices as written, all shared by all groups."""
    vertices: list[list[float]] = []
    groups: list[list[list[int]]] = [[]]
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            vertices.append([float(word) for word in words[1:4]])
        elif words[0] == "o":
            groups.append([])
        elif words[0] == "f":
            corners = [int(word.split("/")[0]) for word in words[1:]]
            groups[-1].append([corner - 1 if corner > 0 else len(vertices) + corner for corner in corners])
    return [(np.array(vertices), group) for group in groups if group]


def _as_obj(pieces: list[Piece]) -> str:
    lines: list[str] = []
    before = 1
    for number, (vertices, faces) in enumerate(pieces):
        lines.append(f"o piece_{number}")
        lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in vertices.tolist()]
        lines += ["f " + " ".join(str(before + corner) for corner in face) for face in faces]
        before += len(vertices)
    return "\n".join(lines) + "\n"
