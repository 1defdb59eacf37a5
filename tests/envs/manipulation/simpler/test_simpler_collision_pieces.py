"""Cutting collision meshes as SAPIEN 2 did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from envs.manipulation.simpler.assets import open_assets
from envs.manipulation.simpler.collision_pieces import connected_pieces, split_for_sapien3
from envs.manipulation.simpler.fixtures import Fixtures

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


def test_vertices_come_in_the_order_of_a_walk_along_the_edges() -> None:
    # The faces number C A B, then D and E. From C the walk notes A B D E in that order, and all are noted.
    a, b, c, d, e = [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [2, 2, 2]
    (piece,) = connected_pieces(np.array([a, b, c, d, e], np.float64), [[2, 0, 1], [2, 0, 3], [2, 4, 1], [0, 1, 3]])
    assert piece.tolist() == [c, a, b, d, e]


def test_the_walk_goes_on_from_the_vertex_that_was_noted_last() -> None:
    points = np.array([[x, x * x, 0] for x in range(7)], np.float64)  # numbered as they come: 0 1 2 | 3 4 | 5 6
    (piece,) = connected_pieces(points, [[0, 1, 2], [1, 3, 4], [2, 5, 6]])
    assert piece[:, 0].tolist() == [0, 1, 2, 5, 6, 3, 4]


def test_polygons_count_as_triangles() -> None:
    points = np.array([[x, x * x, 0] for x in range(6)], np.float64)
    (piece,) = connected_pieces(points, [[0, 1, 2, 3], [1, 4, 5]])
    assert piece[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_file_of_boxes_keeps_its_content(tmp_path: Path) -> None:
    path = write(tmp_path, obj(shifted(0), shifted(5)))
    assert split_for_sapien3(path).read_text() == path.read_text()


def test_every_vertex_is_named_by_a_face(tmp_path: Path) -> None:
    cut = split_for_sapien3(write(tmp_path, obj(shifted(0) + shifted(5))))
    assert groups_of(cut) == 2
    named = {int(word) for line in cut.read_text().splitlines() if line.startswith("f ") for word in line.split()[1:]}
    assert named == set(range(1, 9))


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
    vertices, *rest = connected_pieces(touching, faces)
    assert not rest
    assert len(vertices) == 7


@pytest.mark.parametrize(
    ("model", "pieces"),
    [("bridge_spoon_generated_modified", 4), ("bridge_carrot_generated_modified", 1), ("table_cloth_generated_shorter", 3)],
)
def test_pieces_of_the_original_models(assets: Path, tmp_path: Path, model: str, pieces: int) -> None:
    cut = split_for_sapien3(open_assets(assets).path(f"custom/models/{model}/collision.obj"))
    assert groups_of(cut) == pieces


@pytest.mark.parametrize(
    "model", ["bridge_carrot_generated_modified", "bridge_spoon_generated_modified", "sink", "sponge", "blue_plastic_bottle"]
)
def test_masses_are_those_of_the_original(assets: Path, fixtures: Fixtures, model: str) -> None:
    import sapien
    from sapien.physx import PhysxCpuSystem, PhysxRigidDynamicComponent

    recorded = [case["reset"] for case in fixtures.manifest["cases"] if model in case["reset"]["actor_mass"]]
    assert recorded
    builder = sapien.Scene([PhysxCpuSystem()]).create_actor_builder()
    cut = split_for_sapien3(open_assets(assets).path(f"custom/models/{model}/collision.obj"))
    builder.add_multiple_convex_collisions_from_file(str(cut), density=1.0)
    body = builder.build(name=model).find_component_by_type(PhysxRigidDynamicComponent)
    assert isinstance(body, PhysxRigidDynamicComponent)
    for reset in recorded:
        np.testing.assert_allclose(body.cmass_local_pose.p, reset["actor_com_local"][model][:3], atol=1e-7)
        density = reset["actor_mass"][model] / body.mass
        assert density == pytest.approx(round(density), rel=1e-6), "mass is volume times a round density"
