"""Maps by location: found through the version file, compiled once, kept on disk under the hash of their content."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.driving.errors import CacheVersionError, MapError, UnknownLocationError
from envs.driving.map.driving_map import DrivingMap
from envs.driving.map.gpkg_schema import ALIASES, MAP_FILE, VERSION_FILE
from envs.driving.map.lanes import LaneTable, Polylines, RoadblockTable
from envs.driving.map.layers import Layer, PolygonLayer, frozen
from harness.disk_cache import cached_file, content_key
from harness.errors import did_you_mean

COMPILED_VERSION = 1
"""Raise it when :func:`pack` writes something else."""


def locations(maps_root: Path) -> Mapping[str, str]:
    """{location: version} of the version file. Raises MapError when it is absent or wrong."""
    file = Path(maps_root) / VERSION_FILE
    try:
        versions = json.loads(file.read_text())
        return {str(name): str(entry["version"]) for name, entry in versions.items()}
    except OSError:
        raise MapError(f"{file} is not there", "name the folder with nuPlan's maps (it holds that file)") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MapError(f"{file} is no list of map versions ({type(error).__name__}: {error})", "fetch it again") from None


def map_file(maps_root: Path, name: str) -> Path:
    """The GeoPackage of a location. Raises UnknownLocationError for a name that the version file does not have, MapError for an absent file."""
    known = locations(maps_root)
    name = name if name in known else ALIASES.get(name, name)
    if name not in known:
        raise UnknownLocationError(f"the maps in {maps_root} have no location {name!r}", did_you_mean(name, known))
    path = Path(maps_root) / name / known[name] / MAP_FILE
    if not path.is_file():
        raise MapError(f"{path} is not there, though {VERSION_FILE} names it", "fetch that map")
    return path


def load_map(maps_root: str | Path, name: str) -> DrivingMap:
    """The map of the location ``name``: from memory, else from the disk cache, else from its GeoPackage."""
    path = map_file(Path(maps_root), name)
    about = path.stat()
    return _load(path, ALIASES.get(name, name), about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=16)
def _load(path: Path, name: str, modified: int, size: int) -> DrivingMap:
    from envs.driving.map.read_gpkg import read_map  # GDAL starts only where no compiled map is found

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    file_name = f"{name}-{content_key(str(COMPILED_VERSION), name, digest)}.npz"
    made: list[DrivingMap] = []

    def compile_() -> bytes:
        made.append(read_map(path, name, digest))
        return pack(made[0])

    file = cached_file("maps", file_name, compile_)
    if made:
        return made[0]
    try:
        return unpack(file.read_bytes(), str(file))
    except (MapError, CacheVersionError):
        file.unlink(missing_ok=True)  # half a file of a crashed machine: made again
        cached_file("maps", file_name, compile_)
        return made[0]


def pack(map_: DrivingMap) -> bytes:
    """The compiled map as an npz without pickles."""
    arrays: dict[str, NDArray[Any]] = {
        "about": np.array([str(COMPILED_VERSION), map_.name, map_.crs, map_.content_hash]),
        "boundary_types": np.array(map_.boundary_types, np.int64),
        "stop_types": np.array(map_.stop_types, np.int64),
        "stop_polygons": np.array([",".join(stops) for stops in map_.lanes.stop_polygons], np.str_),
        "counts": np.array([map_.lanes.n_lanes, map_.roadblocks.n_blocks], np.int64),
    }
    for kind, layer in map_.layers.items():
        arrays |= {
            f"{kind}.ids": _text(layer.ids),
            f"{kind}.xy": layer.xy,
            f"{kind}.rings": layer.ring_offsets,
            f"{kind}.polygons": layer.polygon_offsets,
        }
    for name, lines in (("baselines", map_.lanes.baselines), ("boundaries", map_.boundaries)):
        arrays |= {f"{name}.ids": _text(lines.ids), f"{name}.xy": lines.xy, f"{name}.offsets": lines.offsets}
    for name in ("ids", "roadblock_ids", "left_boundary", "right_boundary", "from_lane", "to_lane"):
        arrays[f"lanes.{name}"] = _text(getattr(map_.lanes, name))
    arrays |= {"lanes.speed_limit": map_.lanes.speed_limit, "lanes.lane_index": map_.lanes.lane_index}
    for name in ("ids", "from_block", "to_block", "intersections"):
        arrays[f"roadblocks.{name}"] = _text(getattr(map_.roadblocks, name))
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(data: bytes, where: str) -> DrivingMap:
    """The map that :func:`pack` wrote. Raises CacheVersionError for another version's, MapError for what is no compiled map."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: frozen(file[name]) for name in file.files}
        version, name, crs, digest = arrays["about"].tolist()
    except (zipfile.BadZipFile, ValueError, KeyError, OSError, EOFError) as error:
        raise MapError(f"{where} is no compiled map ({error})", "delete it: it is made again") from None
    if version != str(COMPILED_VERSION):
        raise CacheVersionError(f"{where} was compiled by version {version}, not {COMPILED_VERSION}", "delete it: it is made again")
    text = {key: tuple(array.tolist()) for key, array in arrays.items() if array.dtype.kind == "U"}
    n_lanes, n_blocks = (int(count) for count in arrays["counts"])
    return DrivingMap(
        name=name,
        crs=crs,
        layers={
            kind: PolygonLayer(text[f"{kind}.ids"], arrays[f"{kind}.xy"], arrays[f"{kind}.rings"], arrays[f"{kind}.polygons"])
            for kind in Layer
        },
        lanes=LaneTable(
            n_lanes=n_lanes,
            baselines=Polylines(text["baselines.ids"], arrays["baselines.xy"], arrays["baselines.offsets"]),
            speed_limit=arrays["lanes.speed_limit"],
            lane_index=arrays["lanes.lane_index"],
            stop_polygons=tuple(tuple(filter(None, stops.split(","))) for stops in text["stop_polygons"]),
            ids=text["lanes.ids"],
            roadblock_ids=text["lanes.roadblock_ids"],
            left_boundary=text["lanes.left_boundary"],
            right_boundary=text["lanes.right_boundary"],
            from_lane=text["lanes.from_lane"],
            to_lane=text["lanes.to_lane"],
        ),
        roadblocks=RoadblockTable(
            ids=text["roadblocks.ids"],
            n_blocks=n_blocks,
            from_block=text["roadblocks.from_block"],
            to_block=text["roadblocks.to_block"],
            intersections=text["roadblocks.intersections"],
        ),
        boundaries=Polylines(text["boundaries.ids"], arrays["boundaries.xy"], arrays["boundaries.offsets"]),
        boundary_types=tuple(arrays["boundary_types"].tolist()),
        stop_types=tuple(arrays["stop_types"].tolist()),
        content_hash=digest,
    )


def _text(names: tuple[str, ...]) -> NDArray[np.str_]:
    return np.array(names, np.str_)
