""":class:`DrivingMap` -> nuPlan's GeoPackage, all layers and columns that the official devkit reads, and the version file beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import pyproj
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
    MAP_FILE,
    NUPLAN_VERSIONS,
    STOPS,
    VERSION_FILE,
)
from envs.driving.map.layers import Layer
from harness.errors import ConfigError

WRITTEN = "2020-01-01T00:00:00.000Z"
"""The date in every file: one content, one file."""
Columns = dict[str, NDArray[Any]]


def write_map(folder: Path, map_: DrivingMap, version: str | None = None) -> Path:
    """Write ``folder/<location>/<version>/map.gpkg`` and name it in the version file; the path of the GeoPackage.

    Coordinates are stored in the map's projected CRS. ``version``: the published one of a nuPlan location, else 1.0. Raises MapError for ids that are no numbers.
    """
    version = version or NUPLAN_VERSIONS.get(map_.name, "1.0")
    path = Path(folder) / map_.name / version / MAP_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN, "OGR_SQLITE_SYNCHRONOUS": "OFF"})
    try:
        _write_layers(path, map_)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None, "OGR_SQLITE_SYNCHRONOUS": None})
    _name_version(Path(folder) / VERSION_FILE, map_.name, version)
    return path


def _name_version(file: Path, name: str, version: str) -> None:
    try:
        versions = json.loads(file.read_text()) if file.exists() else {}
    except ValueError as error:
        raise ConfigError(f"{file} is no JSON ({error})", "delete it") from None
    versions[name] = {"version": version, "layers": {}}
    file.write_text(json.dumps(versions, indent=1) + "\n")


def _write_layers(path: Path, map_: DrivingMap) -> None:
    crs = pyproj.CRS.from_user_input(map_.crs).to_string()
    lanes, blocks = map_.lanes, map_.roadblocks
    n, m = lanes.n_lanes, blocks.n_blocks
    fresh = _fresh(map_)
    lines = [shapely.LineString(lanes.baselines.line(row)) for row in range(len(lanes))]
    group_of = dict(zip(lanes.ids[:n], lanes.roadblock_ids[:n]))
    crossing_of = dict(zip(blocks.ids[m:], blocks.intersections[m:]))

    def layer(name: str, geometry: Any, kind: str, fids: Any, **columns: NDArray[Any]) -> None:
        _write(path, name, np.asarray(geometry, object), kind, {"fid": _numbers(fids), **columns}, crs)

    layer(
        LANES, map_.layers[Layer.LANE].polygons, "Polygon", lanes.ids[:n],
        lane_fid=_numbers(lanes.ids[:n]), lane_group_fid=_numbers(lanes.roadblock_ids[:n]), lane_index=lanes.lane_index[:n],
        speed_limit_mps=lanes.speed_limit[:n], left_boundary_fid=_numbers(lanes.left_boundary[:n]), right_boundary_fid=_numbers(lanes.right_boundary[:n]),
        from_edge_fid=np.zeros(n, np.int64), to_edge_fid=np.zeros(n, np.int64), lane_type_fid=np.zeros(n, np.int64),
    )  # fmt: skip
    zeros = np.zeros(m, np.int64)
    layer(
        GROUPS,
        map_.layers[Layer.ROADBLOCK].polygons,
        "Polygon",
        blocks.ids[:m],
        from_edge_fid=zeros,
        to_edge_fid=zeros,
        lane_group_type_fid=zeros,
    )
    layer(
        CONNECTORS, lines[n:], "LineString", lanes.ids[n:],
        exit_lane_fid=_numbers(lanes.from_lane[n:]), entry_lane_fid=_numbers(lanes.to_lane[n:]),
        exit_lane_group_fid=_numbers([group_of.get(name, "") for name in lanes.from_lane[n:]]),
        entry_lane_group_fid=_numbers([group_of.get(name, "") for name in lanes.to_lane[n:]]),
        lane_group_connector_fid=_numbers(lanes.roadblock_ids[n:]),
        intersection_fid=_numbers([crossing_of.get(name, "") for name in lanes.roadblock_ids[n:]]),
        lane_connector_type_fid=np.zeros(len(lanes) - n, np.int64), speed_limit_mps=lanes.speed_limit[n:],
        traffic_light_stop_line_fids=np.array([",".join(stops) for stops in lanes.stop_polygons[n:]], object),
    )  # fmt: skip
    layer(
        CONNECTOR_POLYGONS, map_.layers[Layer.LANE_CONNECTOR].polygons, "Polygon", [str(fresh + i) for i in range(len(lanes) - n)],
        lane_connector_fid=_numbers(lanes.ids[n:]), left_boundary_fid=_numbers(lanes.left_boundary[n:]), right_boundary_fid=_numbers(lanes.right_boundary[n:]),
    )  # fmt: skip
    layer(
        GROUP_CONNECTORS, map_.layers[Layer.ROADBLOCK_CONNECTOR].polygons, "Polygon", blocks.ids[m:],
        from_lane_group_fid=_numbers(blocks.from_block[m:]), to_lane_group_fid=_numbers(blocks.to_block[m:]), intersection_fid=_numbers(blocks.intersections[m:]),
    )  # fmt: skip
    fresh += len(lanes) - n
    layer(
        BASELINES, lines, "LineString", [str(fresh + i) for i in range(len(lanes))],
        lane_fid=_nullable(lanes.ids[:n] + ("",) * (len(lanes) - n)), lane_connector_fid=_nullable(("",) * n + lanes.ids[n:]),
    )  # fmt: skip
    layer(
        BOUNDARIES, [shapely.LineString(map_.boundaries.line(i)) for i in range(len(map_.boundaries))], "LineString", map_.boundaries.ids,
        boundary_type_fid=np.array(map_.boundary_types or (0,) * len(map_.boundaries), np.int64),
    )  # fmt: skip
    for kind, name in AREA_LAYERS.items():
        polygons = map_.layers[kind]
        extra: Columns = {}
        if name == STOPS:
            extra = {"stop_polygon_type_fid": np.array(map_.stop_types or (0,) * len(polygons), np.int64)}
        elif kind is Layer.INTERSECTION:
            extra = {"intersection_type_fid": np.ones(len(polygons), np.int64)}
        layer(name, polygons.polygons, "Polygon", polygons.ids, **extra)
    _write(path, "meta", None, None, {"key": np.array([CRS_KEY], object), "value": np.array([map_.crs.lower()], object)}, None)


def _write(path: Path, layer: str, geometry: NDArray[Any] | None, kind: str | None, columns: Columns, crs: str | None) -> None:
    pyogrio.raw.write(
        path,
        geometry=None if geometry is None else shapely.to_wkb(geometry),
        field_data=[values if values.dtype != np.dtype("U") else values.astype(object) for values in columns.values()],
        fields=list(columns),
        layer=layer,
        driver="GPKG",
        geometry_type=kind,
        crs=crs,
        append=path.exists(),
        layer_options={"SPATIAL_INDEX": "NO"} if kind else {},
    )


def _numbers(ids: Any) -> NDArray[np.int64]:
    """Ids as feature ids; 0 for ''."""
    try:
        return np.array([int(name or 0) for name in ids], np.int64)
    except ValueError as error:
        raise MapError(f"an id of the map is no number ({error})", "a GeoPackage's ids are feature ids: use decimal numbers") from None


def _nullable(ids: tuple[str, ...]) -> NDArray[np.float64]:
    """Ids as numbers with NaN for ''."""
    return np.array([float(name) if name else np.nan for name in ids])


def _fresh(map_: DrivingMap) -> int:
    """A number above every id."""
    ids = [*map_.lanes.ids, *map_.roadblocks.ids, *map_.boundaries.ids, *(name for layer in map_.layers.values() for name in layer.ids)]
    return 1 + max((int(number) for number in _numbers(ids)), default=0)
