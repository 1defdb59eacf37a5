"""Cutting collision meshes as SAPIEN 2 did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from envs.manipulation.simpler.collision_pieces import connected_pieces, split_for_sapien3

TETRAHEDRON = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
FACES = [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]


def obj(*groups: list[list[float]]) -> str:
    """Tetrahedra, a group each, or in one group if given together."""
    lines: list[str] = []
    start = 1
    for number, vertices in enumerate(groups):
        lines.append(f"o group_{number}")
        lines += [f"v {x} {y} {z}" for x, y, z in vertices]
        for first in range(0, len(vertices), 4):
            lines += ["f " + " ".join(f"{start + first + corner}//1" for corner in face) for face in FACES]
        start += len(vertices)
    return "\n".join(lines)


def shifted(by: float) -> list[list[float]]:
    return [[x + by, y, z] for x, y, z in TETRAHEDRON]


def groups_of(path: Path) -> int:
    return sum(line.startswith("o ") for line in path.read_text().splitlines())


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAUNTLET_CACHE", str(tmp_path / "cache"))


def write(folder: Path, text: str) -> Path:
    path = folder / "model" / "collision.obj"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_a_file_whose_groups_are_its_pieces_is_used_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, obj(shifted(0), shifted(5)))
    assert split_for_sapien3(path) == path


def test_one_group_of_two_pieces_becomes_two_groups_in_the_cache(tmp_path: Path) -> None:
    path = write(tmp_path, obj(shifted(0) + shifted(5)))
    cut = split_for_sapien3(path)
    assert cut.parent == tmp_path / "cache" / "collision_pieces"
    assert groups_of(cut) == 2
    assert split_for_sapien3(path) == cut
    path.write_text(obj(shifted(0) + shifted(6)))
    assert split_for_sapien3(path) != cut, "another content is another file"


def test_vertices_at_one_place_join_their_pieces() -> None:
    touching = np.array(shifted(0) + shifted(1), np.float64)  # they share the vertex (1, 0, 0)
    faces = FACES + [[corner + 4 for corner in face] for face in FACES]
    (vertices, joined), *rest = connected_pieces(touching, faces)
    assert not rest
    assert len(vertices) == 7
    assert len(joined) == 8


@pytest.mark.parametrize(
    ("model", "pieces"),
    [("bridge_spoon_generated_modified", 4), ("bridge_carrot_generated_modified", 1), ("table_cloth_generated_shorter", 3)],
)
def test_pieces_of_the_original_models(assets: Path, tmp_path: Path, model: str, pieces: int) -> None:
    from envs.manipulation.simpler.assets import open_assets

    cut = split_for_sapien3(open_assets(assets).path(f"custom/models/{model}/collision.obj"))
    assert groups_of(cut) == pieces
