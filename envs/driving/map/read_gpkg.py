"""nuPlan's GeoPackage -> :class:`DrivingMap`, in the projected CRS that its ``meta`` table names."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import pyproj
import pyproj.exceptions
import shapely
from numpy.typing import NDArray

from envs.driving.errors import MapError
from envs.driving.map.driving_map import DrivingMap
from envs.driving.map.gpkg_schema import (
    AREA_LAYERS,
    BASELINES,
    BOUNDARIES,
    CONNECTOR_POLYGONS,
    CONNECTORS,
    CRS_KEY,
    GROUP_CONNECTORS,
    GROUPS,
    LANES,
    SCHEMA,
    STOPS,
)
from envs.driving.map.lanes import LaneTable, Polylines, RoadblockTable
from envs.driving.map.layers import Layer, PolygonLayer, frozen
from harness.errors import did_you_mean

DRAWN = (Layer.CROSSWALK, Layer.WALKWAY, Layer.GENERIC_DRIVABLE, Layer.ROAD_SEGMENT, Layer.STOP_POLYGON)
"""Layers that no score looks at."""


MAX_UNUSABLE = 0.05
"""Share of lanes or connectors that may lack a baseline or polygon before the map counts as broken."""


@dataclass(frozen=True)
class Table:
    """One layer as read: ``where`` names it in messages."""

    where: str
    fids: tuple[str, ...]
    geometry: NDArray[Any]
    columns: Mapping[str, NDArray[Any]]
    crs: str | None

    def take(self, rows: Sequence[int]) -> Table:
        """Some of the features."""
        columns = {name: values[list(rows)] for name, values in self.columns.items()}
        return Table(self.where, tuple(self.fids[row] for row in rows), self.geometry[list(rows)], columns, self.crs)

    def ids(self, column: str) -> tuple[str, ...]:
        """A column of feature ids as text; '' for null. Raises MapError for what is no number."""
        return tuple("" if number is None else str(number) for number in self._integers(column))

    def integers(self, column: str) -> NDArray[np.int64]:
        """A column of integers, -1 for null."""
        return frozen(np.array([-1 if number is None else number for number in self._integers(column)], np.int64))

    def _integers(self, column: str) -> list[int | None]:
        numbers: list[int | None] = []
        for fid, value in zip(self.fids, self.columns[column].tolist()):
            try:
                numbers.append(None if value is None or value == "" or value != value else int(value))
            except (TypeError, ValueError):
                raise MapError(f"{self.where}: {column} of feature {fid} is {value!r}, no number", "mend the map") from None
        return numbers

    def floats(self, column: str) -> NDArray[np.float64]:
        try:
            return frozen(np.array([np.nan if value is None else value for value in self.columns[column].tolist()], np.float64))
        except (TypeError, ValueError):
            raise MapError(f"{self.where}: {column} holds something else than numbers", "mend the map") from None


def read_map(path: Path, name: str, content_hash: str = "") -> DrivingMap:
    """The map ``name`` in the GeoPackage ``path``. Raises MapError for an unreadable file, a missing layer or column, and parts that do not fit."""
    tables = _read_tables(path)
    meta = dict(zip(tables["meta"].columns["key"].tolist(), tables["meta"].columns["value"].tolist()))
    if CRS_KEY not in meta:
        raise MapError(f"{path}: table meta has no row {CRS_KEY}", "add it, e.g. epsg:32619")
    tables[LANES] = _usable(tables, LANES, {BASELINES: "lane_fid"})
    tables[CONNECTORS] = _usable(tables, CONNECTORS, {BASELINES: "lane_connector_fid", CONNECTOR_POLYGONS: "lane_connector_fid"})
    project = _projector(path, str(meta[CRS_KEY]))
    layers = {layer: _polygons(tables[source], project, in_parts=layer in DRAWN) for layer, source in AREA_LAYERS.items()}
    layers[Layer.LANE] = _polygons(tables[LANES], project)
    layers[Layer.ROADBLOCK] = _polygons(tables[GROUPS], project)
    layers[Layer.ROADBLOCK_CONNECTOR] = _polygons(tables[GROUP_CONNECTORS], project)
    connector_rows = _by_id(tables[CONNECTOR_POLYGONS], "lane_connector_fid", tables[CONNECTORS].fids)
    shapes = project(tables[CONNECTOR_POLYGONS])
    layers[Layer.LANE_CONNECTOR] = PolygonLayer.of(
        tables[CONNECTORS].fids, [shapes[row] for row in connector_rows], tables[CONNECTOR_POLYGONS].where
    )
    return DrivingMap(
        name=name,
        crs=str(meta[CRS_KEY]),
        layers={layer: layers[layer] for layer in Layer},
        lanes=_lanes(tables, project, connector_rows),
        roadblocks=_roadblocks(tables),
        boundaries=_lines(tables[BOUNDARIES], project, tables[BOUNDARIES].fids, range(len(tables[BOUNDARIES].fids)), to_follow=False),
        boundary_types=_types(tables[BOUNDARIES], "boundary_type_fid"),
        stop_types=_types(tables[STOPS], "stop_polygon_type_fid"),
        content_hash=content_hash,
    )


def _read_tables(path: Path) -> dict[str, Table]:
    try:
        present = {str(layer) for layer, _ in pyogrio.list_layers(path)}
    except Exception as error:  # pyogrio wraps whatever GDAL reports
        raise MapError(f"{path} cannot be read as a GeoPackage ({str(error).splitlines()[0]})", "fetch the map again") from None
    tables = {}
    for layer, spec in SCHEMA.items():
        if layer not in present:
            if spec.required:
                raise MapError(f"{path} has no layer {layer}", did_you_mean(layer, present))
            tables[layer] = Table(f"{path}: {layer}", (), np.empty(0, object), {}, None)
            continue
        try:
            meta, fids, wkb, data = pyogrio.raw.read(
                path, layer=layer, return_fids=True, force_2d=True, read_geometry=spec.geometry is not None
            )
            geometry = shapely.from_wkb(wkb) if wkb is not None else np.empty(0, object)
        except Exception as error:
            raise MapError(f"{path}: layer {layer} cannot be read ({str(error).splitlines()[0]})", "fetch the map again") from None
        names = [str(field) for field in meta["fields"]]
        for column in spec.columns:
            if column not in names:
                raise MapError(f"{path}: layer {layer} has no column {column}", did_you_mean(column, names))
        tables[layer] = Table(f"{path}: {layer}", tuple(str(fid) for fid in fids), geometry, dict(zip(names, data)), meta["crs"])
    return tables


Projector = Callable[[Table], NDArray[Any]]


def _projector(path: Path, target: str) -> Projector:
    transformers: dict[str, pyproj.Transformer | None] = {}

    def project(table: Table) -> NDArray[Any]:
        """The table's geometries in the target CRS."""
        if not len(table.geometry):
            return table.geometry
        if table.crs is None:
            raise MapError(f"{table.where} has no coordinate reference system", "write it with one")
        if table.crs not in transformers:
            try:
                source, wanted = pyproj.CRS.from_user_input(table.crs), pyproj.CRS.from_user_input(target)
            except pyproj.exceptions.CRSError as error:
                raise MapError(f"{path}: unknown coordinate reference system ({error})", f"mend {CRS_KEY} in its table meta") from None
            transformers[table.crs] = None if source == wanted else pyproj.Transformer.from_crs(source, wanted, always_xy=True)
        transformer = transformers[table.crs]
        if transformer is None:
            return table.geometry
        return shapely.transform(table.geometry, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))

    return project


def _polygons(table: Table, project: Projector, in_parts: bool = False) -> PolygonLayer:
    return (PolygonLayer.in_parts if in_parts else PolygonLayer.of)(table.fids, project(table), table.where)


def _usable(tables: Mapping[str, Table], layer: str, needed: Mapping[str, str]) -> Table:
    """The features of ``layer`` that every table of ``needed`` has a row for, in the column named; where few have none they are left out with a warning. Raises MapError where many have none."""
    table = tables[layer]
    known = {other: set(tables[other].ids(column)) for other, column in needed.items()}
    rows = [row for row, fid in enumerate(table.fids) if all(fid in ids for ids in known.values())]
    lost = len(table.fids) - len(rows)
    if not lost:
        return table
    if lost > MAX_UNUSABLE * len(table.fids):
        for other, column in needed.items():
            _by_id(tables[other], column, table.fids)  # says which
    warnings.warn(
        f"{table.where}: {lost} of {len(table.fids)} features have no row in {' or '.join(needed)} and are left out", stacklevel=2
    )
    return table.take(rows)


def _by_id(table: Table, column: str, wanted: Sequence[str]) -> list[int]:
    """The row of ``table`` whose ``column`` is each of ``wanted``."""
    rows: dict[str, int] = {}
    for row, key in enumerate(table.ids(column)):
        if key in rows:
            raise MapError(f"{table.where} has two rows with {column} {key}", "mend the map")
        if key:
            rows[key] = row
    missing = [key for key in wanted if key not in rows]
    if missing:
        raise MapError(
            f"{table.where} has no row with {column} {missing[0]}" + (f" (and {len(missing) - 1} more)" if missing[1:] else ""),
            "mend the map",
        )
    return [rows[key] for key in wanted]


def _lines(table: Table, project: Projector, ids: Sequence[str], rows: Sequence[int], *, to_follow: bool = True) -> Polylines:
    shapes = project(table)
    lines = []
    for name, row in zip(ids, rows):
        shape = shapes[row]
        if getattr(shape, "geom_type", "") == "MultiLineString" and len(shape.geoms) == 1:
            shape = shape.geoms[0]
        if getattr(shape, "geom_type", "") != "LineString":
            raise MapError(f"{table.where}: the geometry of {name} is {getattr(shape, 'geom_type', 'absent')}, no line", "mend the map")
        lines.append(shapely.get_coordinates(shape))
    return Polylines.of(ids, lines, table.where, to_follow=to_follow)


def _lanes(tables: Mapping[str, Table], project: Projector, connector_rows: Sequence[int]) -> LaneTable:
    lanes, connectors, shapes = tables[LANES], tables[CONNECTORS], tables[CONNECTOR_POLYGONS]
    rows = _by_id(tables[BASELINES], "lane_fid", lanes.fids)
    rows += _by_id(tables[BASELINES], "lane_connector_fid", connectors.fids)
    none = ("",) * len(lanes.fids)
    ids = (*lanes.fids, *connectors.fids)
    sides = {side: shapes.ids(f"{side}_boundary_fid") for side in ("left", "right")}
    stops = [
        ("" if text is None or text != text else str(text)).replace(" ", "").split(",")
        for text in connectors.columns["traffic_light_stop_line_fids"].tolist()
    ]
    return LaneTable(
        ids=ids,
        n_lanes=len(lanes.fids),
        roadblock_ids=lanes.ids("lane_group_fid") + connectors.ids("lane_group_connector_fid"),
        baselines=_lines(tables[BASELINES], project, ids, rows),
        left_boundary=lanes.ids("left_boundary_fid") + tuple(sides["left"][row] for row in connector_rows),
        right_boundary=lanes.ids("right_boundary_fid") + tuple(sides["right"][row] for row in connector_rows),
        speed_limit=frozen(np.concatenate([lanes.floats("speed_limit_mps"), connectors.floats("speed_limit_mps")])),
        lane_index=frozen(np.concatenate([lanes.integers("lane_index"), np.full(len(connectors.fids), -1, np.int64)])),
        from_lane=none + connectors.ids("exit_lane_fid"),
        to_lane=none + connectors.ids("entry_lane_fid"),
        stop_polygons=((),) * len(lanes.fids) + tuple(tuple(filter(None, names)) for names in stops),
    )


def _roadblocks(tables: Mapping[str, Table]) -> RoadblockTable:
    groups, connectors = tables[GROUPS], tables[GROUP_CONNECTORS]
    none = ("",) * len(groups.fids)
    return RoadblockTable(
        ids=(*groups.fids, *connectors.fids),
        n_blocks=len(groups.fids),
        from_block=none + connectors.ids("from_lane_group_fid"),
        to_block=none + connectors.ids("to_lane_group_fid"),
        intersections=none + connectors.ids("intersection_fid"),
    )


def _types(table: Table, column: str) -> tuple[int, ...]:
    return tuple(int(kind) for kind in table.integers(column)) if column in table.columns else (0,) * len(table.fids)
