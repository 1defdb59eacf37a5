"""Maps: read, compiled, kept, written, asked; and what can be wrong with them."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely

from envs.driving.errors import CacheVersionError, MapError, UnknownLocationError
from envs.driving.map import DrivingMap, Layer, MapBuilder, PolygonLayer, load_map, store, write_map
from envs.driving.map.read_gpkg import read_map
from envs.driving.map.store import locations, map_file, pack, unpack

BOSTON = "us-ma-boston"


@pytest.fixture(scope="module")
def gpkg(small_folder: Path) -> Path:
    return map_file(small_folder / "maps", BOSTON)


@pytest.fixture(scope="module")
def boston(gpkg: Path) -> DrivingMap:
    return read_map(gpkg, BOSTON)


def assert_same_map(a: DrivingMap, b: DrivingMap) -> None:
    with np.load(io.BytesIO(pack(a))) as one, np.load(io.BytesIO(pack(b))) as two:
        assert one.files == two.files
        for name in one.files:
            if one[name].dtype.kind == "f":
                assert np.allclose(one[name], two[name], rtol=0, atol=1e-8, equal_nan=True), name
            else:
                assert np.array_equal(one[name], two[name]), name


def square(x: float, y: float, side: float = 10.0) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def two_lanes() -> MapBuilder:
    """Two roadblocks of one lane, 10 m each, and what joins them."""
    made = MapBuilder("somewhere", "EPSG:32619")
    blocks = [made.roadblock(square(0, 0)), made.roadblock(square(20, 0))]
    crossing = made.area(Layer.INTERSECTION, square(10, 0))
    joint = made.roadblock_connector(square(10, 0), blocks[0], blocks[1], crossing)
    sides = made.boundary([(0, 10), (30, 10)]), made.boundary([(0, 0), (30, 0)])
    lanes = [made.lane(block, square(x, 0), [(x, 5), (x + 10, 5)], *sides, 0, 13.0) for block, x in zip(blocks, (0, 20))]
    stop = made.stop_polygon(square(9, 0, 1))
    made.lane_connector(joint, square(10, 0), [(10, 5), (20, 5)], *sides, lanes[0], lanes[1], None, [stop])
    return made


def test_what_is_read(boston: DrivingMap) -> None:
    assert (boston.crs, boston.lanes.n_lanes, len(boston.lanes), boston.roadblocks.n_blocks) == ("epsg:32619", 14, 26, 9)
    row = boston.lanes.row("1089")
    assert [boston.lanes.ids[i] for i in boston.lanes.predecessors[row]] == ["1014"]
    assert [boston.lanes.ids[i] for i in boston.lanes.successors[row]] == ["1024"]
    assert boston.lanes.stop_polygons[row] == ("1092",)
    assert boston.speed_limit(row) == 13.0
    assert boston.roadblocks.outgoing("1011") == ("1088", "1101", "1108")
    assert boston.roadblocks.incoming("1088") == ("1011",)
    assert [boston.lanes.ids[i] for i in boston.rows_of("1088")] == ["1089", "1095"]


def test_arrays_are_read_only(boston: DrivingMap) -> None:
    for array in (boston.layer(Layer.LANE).xy, boston.lanes.baselines.xy, boston.lanes.speed_limit, boston.boundaries.xy):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_written_and_read_again_it_is_the_same(boston: DrivingMap, tmp_path: Path) -> None:
    path = write_map(tmp_path, boston)
    assert path == tmp_path / BOSTON / "9.12.1817" / "map.gpkg"
    assert locations(tmp_path) == {BOSTON: "9.12.1817"}
    assert_same_map(boston, replace(read_map(path, BOSTON)))
    before = path.read_bytes()
    assert write_map(tmp_path, boston).read_bytes() == before


def test_a_written_map_has_every_layer_and_column_of_the_original(boston: DrivingMap, gpkg: Path, tmp_path: Path) -> None:
    def schema(path: Path) -> dict[str, set[str]]:
        copy = tmp_path / "copy.gpkg"
        shutil.copy(path, copy)
        with sqlite3.connect(copy) as base:
            tables = [name for (name,) in base.execute("select table_name from gpkg_contents")]
            return {name: {row[1] for row in base.execute(f"pragma table_info({name})")} for name in tables}

    assert schema(write_map(tmp_path, boston)) == schema(gpkg)


def test_packed_and_unpacked(boston: DrivingMap) -> None:
    assert_same_map(boston, unpack(pack(boston), "memory"))


def test_a_compiled_map_of_another_version(boston: DrivingMap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COMPILED_VERSION", 0)
    old = pack(boston)
    monkeypatch.undo()
    with pytest.raises(CacheVersionError, match="compiled by version 0"):
        unpack(old, "old.npz")
    with pytest.raises(MapError, match="no compiled map"):
        unpack(b"x", "broken.npz")


def test_maps_are_kept_by_content(small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAUNTLET_CACHE", str(tmp_path))
    store._load.cache_clear()
    first = load_map(small_folder / "maps", BOSTON)
    assert load_map(small_folder / "maps", BOSTON) is first
    (kept,) = (tmp_path / "maps").iterdir()
    store._load.cache_clear()
    monkeypatch.setattr("envs.driving.map.read_gpkg.read_map", lambda *_: pytest.fail("the compiled map was not used"))
    assert_same_map(first, load_map(small_folder / "maps", BOSTON))
    monkeypatch.undo()
    monkeypatch.setenv("GAUNTLET_CACHE", str(tmp_path))
    kept.write_bytes(kept.read_bytes()[:1000])
    store._load.cache_clear()
    assert_same_map(first, load_map(small_folder / "maps", BOSTON))
    assert_same_map(first, unpack(kept.read_bytes(), str(kept)))
    store._load.cache_clear()


def test_locations_that_are_not_there(small_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownLocationError, match=r"no location 'us-ma-bostn'.*us-ma-boston"):
        load_map(small_folder / "maps", "us-ma-bostn")
    with pytest.raises(MapError, match=r"nuplan-maps-v1\.0\.json is not there"):
        load_map(tmp_path, BOSTON)
    (tmp_path / "nuplan-maps-v1.0.json").write_text(json.dumps({BOSTON: {"version": "1"}, "us-nv-las-vegas-strip": {"version": "2"}}))
    with pytest.raises(MapError, match=r"map\.gpkg is not there"):
        load_map(tmp_path, BOSTON)
    with pytest.raises(MapError, match="us-nv-las-vegas-strip/2"):
        load_map(tmp_path, "las_vegas")
    (tmp_path / "nuplan-maps-v1.0.json").write_text("[1]")
    with pytest.raises(MapError, match="no list of map versions"):
        load_map(tmp_path, BOSTON)


def drop(table: str) -> Callable[[sqlite3.Connection], Any]:
    def spoil(base: sqlite3.Connection) -> None:
        base.execute(f"drop table {table}")
        for register in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents"):
            base.execute(f"delete from {register} where table_name = '{table}'")

    return spoil


def execute(*statements: str) -> Callable[[sqlite3.Connection], Any]:
    return lambda base: [base.execute(statement) for statement in statements]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (drop("lane_connectors"), "has no layer lane_connectors"),
        (drop("meta"), "has no layer meta"),
        (drop("baseline_paths"), "has no layer baseline_paths"),
        (execute("alter table lanes_polygons rename column lane_group_fid to group_fid"), "layer lanes_polygons has no column lane_group_fid"),
        (execute("delete from meta where key = 'projectedCoordSystem'"), "no row projectedCoordSystem"),
        (execute("update meta set value = 'epsg:0' where key = 'projectedCoordSystem'"), "unknown coordinate reference system"),
        (execute("delete from baseline_paths where lane_fid = 1004"), "baseline_paths has no row with lane_fid 1004"),
        (execute("delete from gen_lane_connectors_scaled_width_polygons where lane_connector_fid = 1089"), "has no row with lane_connector_fid 1089"),
        (execute("update baseline_paths set lane_fid = 1004 where lane_fid = 1008"), "two rows with lane_fid 1004"),
        (execute("update lanes_polygons set geom = null where fid = 1004"), "geometry of 1004"),
        (execute("update lanes_polygons set geom = (select geom from baseline_paths limit 1) where fid = 1004"), "no polygon"),
        (
            execute("alter table lane_connectors add column new text", "update lane_connectors set new = 'x'", "alter table lane_connectors drop column entry_lane_fid", "alter table lane_connectors rename column new to entry_lane_fid"),
            "entry_lane_fid of feature 1078 is 'x', no number",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_map(gpkg: Path, tmp_path: Path, spoil: Callable[[sqlite3.Connection], Any], said: str) -> None:
    path = tmp_path / "map.gpkg"
    shutil.copy(gpkg, path)
    with sqlite3.connect(path) as base:
        for (trigger,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f"drop trigger {trigger}")
        spoil(base)
    with pytest.raises(MapError, match=said):
        read_map(path, BOSTON)


def test_no_geopackage(tmp_path: Path) -> None:
    (tmp_path / "map.gpkg").write_bytes(b"x" * 100)
    with pytest.raises(MapError, match="cannot be read as a GeoPackage"):
        read_map(tmp_path / "map.gpkg", BOSTON)


def test_layers_that_nobody_needs_may_be_absent(gpkg: Path, tmp_path: Path) -> None:
    path = tmp_path / "map.gpkg"
    shutil.copy(gpkg, path)
    with sqlite3.connect(path) as base:
        drop("crosswalks")(base)
    assert len(read_map(path, BOSTON).layer(Layer.CROSSWALK)) == 0


def test_built_in_memory_and_written(tmp_path: Path) -> None:
    built = two_lanes().build()
    assert built.lanes.successors == ((2,), (), (1,))
    assert built.speed_limit(2) is None
    read = read_map(write_map(tmp_path, built), "somewhere")
    assert_same_map(replace(built, crs="epsg:32619"), read)


@pytest.mark.parametrize("name", ["9", ""])
def test_parts_that_name_others(name: str) -> None:
    made = two_lanes()
    made.roadblock_connector(square(0, 0), name, name)
    with pytest.raises(MapError, match="which the map does not have"):
        made.build()


def test_lines_have_length_and_polygons_are_polygons() -> None:
    made = two_lanes()
    made.boundary([(0, 0), (0, 0)])
    with pytest.raises(MapError, match="has no length"):
        made.build()
    with pytest.raises(MapError, match="twice"):
        PolygonLayer.of(["1", "1"], [shapely.Polygon(square(0, 0))] * 2)
    with pytest.raises(MapError, match="no plain area"):
        made.area(Layer.LANE, square(0, 0))


def test_queries(boston: DrivingMap) -> None:
    lanes = boston.layer(Layer.LANE)
    middle = np.array([330929.7305, 4689998.25])
    points, polygons = lanes.containing(np.array([middle, middle + 1000, middle]))
    assert (points.tolist(), [lanes.ids[i] for i in polygons]) == ([0, 2], ["1014", "1014"])
    assert lanes.contains_any(np.array([middle, middle + 1000])).tolist() == [True, False]
    assert [boston.lanes.ids[row] for row in boston.lanes_at(middle)] == ["1014"]
    found = boston.nearest_lane(np.array([middle[0], middle[1] + 0.5, 0.0]))
    assert found is not None
    assert boston.lanes.ids[found[0]] == "1014"
    assert found[1] == pytest.approx(0.5, abs=1e-6)
    assert boston.nearest_lane(np.array([*middle, np.pi]), radius=1.0) is None
    assert boston.nearest_lane(np.array([*middle + 1000, 0.0])) is None
    brute = [i for i, polygon in enumerate(lanes.polygons) if polygon.intersects(shapely.box(*(middle - 50), *(middle + 50)))]
    assert lanes.near(middle, 50).tolist() == brute


def test_holes_survive() -> None:
    ring = shapely.Polygon(square(0, 0), [square(4, 4, 2)])
    layer = PolygonLayer.of(["1"], [ring])
    assert layer.polygons[0].equals(ring)
    assert layer.contains_any(np.array([[1.0, 1.0], [5.0, 5.0]])).tolist() == [True, False]


def test_what_is_only_drawn_may_come_in_parts(gpkg: Path, tmp_path: Path) -> None:
    path = tmp_path / "map.gpkg"
    shutil.copy(gpkg, path)
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    pyogrio.raw.write(
        path,
        layer="crosswalks",
        driver="GPKG",
        geometry=shapely.to_wkb([two]),
        field_data=[],
        fields=[],
        geometry_type="MultiPolygon",
        crs="EPSG:32619",
        append=False,
    )
    assert read_map(path, BOSTON).layer(Layer.CROSSWALK).ids == ("1", "1#2")


def test_a_few_lanes_without_baseline_are_left_out_with_a_warning(
    gpkg: Path, tmp_path: Path, boston: DrivingMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "map.gpkg"
    shutil.copy(gpkg, path)
    with sqlite3.connect(path) as base:
        for (trigger,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f"drop trigger {trigger}")
        base.execute("delete from gen_lane_connectors_scaled_width_polygons where lane_connector_fid = 1089")
    monkeypatch.setattr("envs.driving.map.read_gpkg.MAX_UNUSABLE", 0.1)
    with pytest.warns(UserWarning, match="lane_connectors: 1 of 12 features"):
        read = read_map(path, BOSTON)
    assert set(boston.lanes.ids) - set(read.lanes.ids) == {"1089"}
    assert len(read.layer(Layer.LANE_CONNECTOR)) == 11
    assert read.lane_polygon(read.lanes.row("1095")).equals_exact(boston.lane_polygon(boston.lanes.row("1095")), 1e-9)
