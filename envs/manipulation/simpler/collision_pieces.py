"""Collision meshes cut into the convex pieces that the original simulator used, corner for corner.

SIMPLER was tuned on SAPIEN 2, which makes one convex hull of every *connected piece* of a collision OBJ. SAPIEN 3 makes one of every ``o`` group: a spoon whose bowl and handle are one group becomes a single hull that is
0.0642 kg instead of 0.0359 kg, and is grasped where the original misses. And PhysX simplifies the hull of a fine mesh in a way that depends on the order in which it is given the vertices, which differs too: the carrot became
0.23 % lighter, its centre of mass moved by 0.06 mm. So a file is rewritten into a cache folder, with a group for each piece and its vertices in SAPIEN 2's order; masses then agree to 1e-7, centres of mass to 30 nm. Only a file of boxes is used as it is: their
hulls are the same in any order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.disk_cache import cached_file, content_key

Faces = list[list[int]]  # indices of vertices
MINIMUM, BOX = 4, 8  # vertices: that can have a hull; whose hull does not depend on their order
FORMAT = "sapien2-order-but-boxes"  # a part of the cached files' names; another way of writing them needs another


def split_for_sapien3(collision_obj: Path) -> Path:
    """A file of which SAPIEN 3 makes the hulls that SAPIEN 2 makes of ``collision_obj``."""
    text = collision_obj.read_text()
    name = f"{collision_obj.parent.name}-{content_key(text, FORMAT)}.obj"
    return cached_file("collision_pieces", name, lambda: _rewrite(text).encode())


def _rewrite(text: str) -> str:
    groups = _read_groups(text)
    pieces = [piece for group in groups for piece in connected_pieces(*group)]
    if len(pieces) == len(groups) and all(len(piece) <= BOX for piece in pieces):
        return text
    return _as_obj([piece for piece in pieces if len(piece) >= MINIMUM])


def connected_pieces(vertices: NDArray[np.float64], faces: Faces) -> list[NDArray[np.float64]]:
    """The vertices (n, 3) of each piece of a mesh. Pieces share no vertex position; the order of pieces and vertices is SAPIEN 2's.

    It numbers distinct positions as the faces come to them, and walks from the lowest number that is left over along the edges: each vertex notes its new neighbours, lowest first, and the last one noted is the next to be visited.
    """
    number: dict[bytes, int] = {}
    points: list[NDArray[np.float64]] = []
    neighbours: list[set[int]] = []
    for face in faces:
        corners: list[int] = []
        for corner in face:
            position = (vertices[corner].astype(np.float32) + np.float32(0)).tobytes()  # 0 is -0, too
            if position not in number:
                number[position] = len(points)
                points.append(vertices[corner])
                neighbours.append(set())
            corners.append(number[position])
        diagonals = [(corners[0], corner) for corner in corners[2:-1]]  # it cuts polygons into triangles first
        for here, there in (*zip(corners, corners[1:] + corners[:1]), *diagonals):
            neighbours[here].add(there)
            neighbours[there].add(here)
    noted = [False] * len(points)
    return [np.array([points[i] for i in _walk(start, neighbours, noted)]) for start in range(len(points)) if not noted[start]]


def _walk(start: int, neighbours: list[set[int]], noted: list[bool]) -> list[int]:
    """All points connected with ``start``, in the order in which they are noted."""
    noted[start] = True
    order, to_visit = [start], [start]
    while to_visit:
        for point in sorted(neighbours[to_visit.pop()]):
            if not noted[point]:
                noted[point] = True
                order.append(point)
                to_visit.append(point)
    return order


def _read_groups(text: str) -> list[tuple[NDArray[np.float64], Faces]]:
    """The ``o`` groups of a Wavefront file that have faces; vertices as written, all shared by all groups."""
    vertices: list[list[float]] = []
    groups: list[Faces] = [[]]
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


def _as_obj(pieces: list[NDArray[np.float64]]) -> str:
    """A group for each piece. Only the vertices matter to a hull: the faces are there to name them all, in order."""
    lines: list[str] = []
    before = 1
    for number, vertices in enumerate(pieces):
        count = len(vertices)
        lines.append(f"o piece_{number}")
        lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in vertices.tolist()]
        starts = [*range(0, count - 3, 3), count - 3]
        lines += [f"f {before + start} {before + start + 1} {before + start + 2}" for start in starts]
        before += count
    return "\n".join(lines) + "\n"
