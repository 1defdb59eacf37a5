"""Routes mended and centrelines: as the official planner has them, and the odd cases by themselves."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.driving.errors import RouteError
from envs.driving.formats import NavsimData
from envs.driving.map import DrivingMap, Layer, MapBuilder
from envs.driving.map.centreline import centreline, drivable_polygons, lane_chain, route_lanes, start_lane
from envs.driving.map.route import correct_route, search_blocks
from envs.driving.scoring.metric_cache import scene_basis


def strip(x: float, y: float, length: float = 20.0, width: float = 3.5) -> list[tuple[float, float]]:
    return [(x, y), (x + length, y), (x + length, y + width), (x, y + width)]


class Street:
    """Roadblocks of 20 m in a row along x, with ``width`` lanes side by side; connectors join equal lanes."""

    def __init__(self) -> None:
        self.made = MapBuilder("street", "EPSG:32619")
        self.side = self.made.boundary([(0, 0), (1, 0)])
        self.blocks: dict[str, str] = {}
        self.lanes: dict[tuple[str, int], str] = {}

    def block(self, name: str, x: float, lanes: int = 1) -> None:
        self.blocks[name] = self.made.roadblock(strip(x, 0, width=3.5 * lanes))
        for i in range(lanes):
            y = 3.5 * (lanes - 1 - i)
            line = [(x, y + 1.75), (x + 10, y + 1.75), (x + 20, y + 1.75)]
            self.lanes[name, i] = self.made.lane(self.blocks[name], strip(x, y), line, self.side, self.side, i, 10.0)

    def join(self, name: str, a: str, b: str, x: float, lanes: list[tuple[int, int]], y: float = 0.0, length: float = 20.0) -> None:
        self.blocks[name] = self.made.roadblock_connector(strip(x, y, length), self.blocks[a], self.blocks[b])
        for start, end in lanes:
            line = [(x, y + 1.75), (x + length, y + 1.75)]
            self.lanes[name, start] = self.made.lane_connector(
                self.blocks[name], strip(x, y, length), line, self.side, self.side, self.lanes[a, start], self.lanes[b, end]
            )

    def route(self, *names: str) -> list[str]:
        return [self.blocks[name] for name in names]


@pytest.fixture
def street() -> Street:
    """a - ab - b - bc - c, one lane."""
    made = Street()
    for name, x in (("a", 0), ("b", 40), ("c", 80)):
        made.block(name, x)
    made.join("ab", "a", "b", 20, [(0, 0)])
    made.join("bc", "b", "c", 60, [(0, 0)])
    return made


def test_as_the_official_planner_has_them(small: NavsimData, intermediates: dict[str, Any]) -> None:
    for token, official in intermediates.items():
        scene = small.scene(token)
        driving_map, here = small.map(scene.map_name), scene.current
        route = correct_route(driving_map, here.roadblock_ids, here.ego_pose)
        assert list(route) == official["route"]
        assert list(route_lanes(driving_map, route)) == official["lanes"]
        basis = scene_basis(scene, driving_map)
        line = np.vstack([basis.centreline[::20], basis.centreline[-1:]])
        assert np.allclose(line, official["centreline"], rtol=0, atol=2e-9)
        assert drivable_polygons(driving_map, basis.ego_corners[4])[0] == official["drivable"]
        start = start_lane(driving_map, route_lanes(driving_map, route), here.ego_pose, basis.ego_corners[4], basis.ego_corners)
        assert driving_map.lanes.ids[start] == official["start_lane"]


def test_a_good_route_stays(street: Street) -> None:
    route = street.route("a", "ab", "b", "bc", "c")
    assert correct_route(street.made.build(), route, np.array([5.0, 1.75, 0.0])) == tuple(route)


def test_gaps_are_filled_and_repetitions_dropped(street: Street) -> None:
    built = street.made.build()
    assert list(correct_route(built, street.route("a", "a", "c"), np.array([5.0, 1.75, 0.0]))) == street.route("a", "ab", "b", "bc", "c")


def test_a_route_that_begins_ahead_is_extended_back_to_the_ego(street: Street) -> None:
    built = street.made.build()
    assert list(correct_route(built, street.route("b", "bc", "c"), np.array([5.0, 1.75, 0.0]))) == street.route("a", "ab", "b", "bc", "c")


def test_a_route_that_begins_behind_is_reached_forwards(street: Street) -> None:
    street.block("d", -40)
    street.join("da", "d", "a", -20, [(0, 0)])
    street.block("e", 0, 1)  # beside a in the graph: leads to b too
    street.join("eb", "e", "b", 20, [(0, 0)], y=50)
    built = street.made.build()
    lanes = built.rows_of(street.blocks["e"])
    pose = built.lanes.baselines.path(lanes[0])[1].copy()
    corrected = correct_route(built, street.route("d", "da", "a", "ab", "b"), pose)
    assert street.blocks["a"] in corrected


def test_loops_are_cut(street: Street) -> None:
    street.block("d", 40)
    street.join("cd", "c", "d", 25, [(0, 0)])  # crosses ab
    built = street.made.build()
    assert list(correct_route(built, street.route("a", "ab", "b", "bc", "c", "cd", "d"), np.array([5.0, 1.75, 0.0]))) == street.route(
        "a", "ab", "b", "bc", "c"
    )


def test_no_route_and_unknown_blocks(street: Street) -> None:
    built = street.made.build()
    with pytest.raises(RouteError, match="has no route"):
        correct_route(built, [], np.zeros(3))
    with pytest.raises(RouteError, match="roadblock 77"):
        correct_route(built, ["77"], np.zeros(3))


def test_far_from_everything_the_nearest_block_counts(street: Street) -> None:
    built = street.made.build()
    route = street.route("a", "ab", "b")
    assert correct_route(built, route, np.array([5.0, 500.0, 0.0])) == tuple(route)


def original_search(neighbours: Any, start: str, targets: Any, max_depth: int) -> list[str] | None:
    """The queue as the original has it: no memory of what was met."""
    queue: deque[str | None] = deque([start, None])
    parent: dict[tuple[str, int], str | None] = {(start, 1): None}
    depth = 1
    while queue:
        block = queue.popleft()
        if depth > max_depth:
            return None
        if block is None:
            depth += 1
            queue.append(None)
            if queue[0] is None:
                return None
            continue
        if block in targets:
            path = [block]
            while (before := parent[path[-1], depth]) is not None:
                path.append(before)
                depth -= 1
            return path[::-1]
        for following in neighbours(block):
            queue.append(following)
            parent[following, depth + 1] = block
    return None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 6), max_size=3), min_size=7, max_size=7),
    st.sets(st.integers(0, 6), min_size=1, max_size=2),
    st.integers(1, 6),
)
def test_the_search_finds_what_the_original_finds(graph: list[list[int]], targets: set[int], depth: int) -> None:
    def neighbours(block: str) -> list[str]:
        return [str(other) for other in graph[int(block)]]

    wanted = {str(target) for target in targets}
    assert search_blocks(neighbours, "0", wanted, depth) == original_search(neighbours, "0", wanted, depth)


def test_a_cyclic_graph_costs_nothing() -> None:
    asked: list[str] = []

    def neighbours(block: str) -> list[str]:
        asked.append(block)
        return [str((int(block) + step) % 9) for step in (1, 2, 3)]

    assert search_blocks(neighbours, "0", ("never",), 30) is None
    assert len(asked) < 9 * 30 * 3


def test_where_a_lane_change_is_needed_the_chain_ends_early() -> None:
    made = Street()
    for name, x in (("a", 0), ("b", 40), ("c", 80)):
        made.block(name, x, lanes=2)
    made.join("ab", "a", "b", 20, [(0, 0), (1, 1)])
    made.join("bc", "b", "c", 60, [(1, 1)])
    built = made.made.build()
    route = made.route("a", "ab", "b", "bc", "c")
    rows = {name: built.lanes.row(made.lanes[name]) for name in made.lanes}
    assert lane_chain(built, route, rows["a", 0]) == [rows["a", 0], rows["ab", 0], rows["b", 0]]
    assert lane_chain(built, route, rows["a", 1])[-1] == rows["c", 1]
    line = centreline(built, route, rows["a", 1])
    assert len(line) == 3 + 2 + 3 + 2 + 3
    assert np.array_equal(line[2, :2], line[3, :2])


def test_the_start_lane_is_the_one_that_heads_alike(street: Street) -> None:
    built: DrivingMap = street.made.build()
    lanes = route_lanes(built, street.route("a", "ab", "b"))

    def found(x: float, y: float) -> str:
        corners = np.array([(x - 2, y - 1), (x + 2, y - 1), (x + 2, y + 1), (x - 2, y + 1)])
        return built.lanes.ids[start_lane(built, lanes, np.array([x, y, 0.0]), np.array([x + 1.4, y]), corners)]

    assert found(5, 1.75) == street.lanes["a", 0]
    assert found(18.9, 100) == street.lanes["a", 0]
    assert found(45, -8) == street.lanes["b", 0]
    with pytest.raises(RouteError, match="no lanes"):
        start_lane(built, {}, np.zeros(3), np.zeros(2), np.zeros((4, 2)))


def test_every_official_route(parity_folder: Path) -> None:
    import json

    data = NavsimData(parity_folder)
    for token in data.tokens + data.synthetic_tokens:
        scene = data.scene(token)
        official = json.loads((parity_folder / "intermediates" / f"{token}.json").read_text())
        basis = scene_basis(scene, data.map(scene.map_name))
        assert list(basis.route_lane_ids) == official["route_lane_ids_corrected"]
        assert np.allclose(basis.centreline, official["centerline"], rtol=0, atol=2e-9)
    assert data.map(scene.map_name).layer(Layer.LANE).ids
