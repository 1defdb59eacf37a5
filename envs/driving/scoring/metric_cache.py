"""What scoring a scene needs, made once: arrays only, kept as .npz without pickles."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.driving.errors import CacheVersionError, FormatError
from envs.driving.map import DrivingMap
from envs.driving.map.centreline import centreline, route_lanes, start_lane
from envs.driving.map.route import correct_route, known_blocks
from envs.driving.scene import Floats, Scene, Trajectory
from envs.driving.scoring.area_map import area_map, red_lights
from envs.driving.scoring.areas import AreaMap, PolygonSet
from envs.driving.scoring.footprint import CENTRE, ego_footprint
from envs.driving.scoring.history import logged_state, past_states
from envs.driving.scoring.objects import Objects
from envs.driving.scoring.traffic_light import RedLights
from envs.driving.traffic.idm_routes import IdmRoutes, build_routes
from envs.driving.traffic.log_replay import replayed
from envs.driving.traffic.rails import Rails, build_rails
from envs.driving.traffic.tracks import Moment, Tracks, moment, tracks_of
from envs.driving.vehicle.interpolation import interpolate_poses

CACHE_VERSION = 2
"""Raise it when a cache made earlier must not be read any more."""
FUTURE_FRAMES = {"v2": 8, "v1": 10}
HUMAN_POSES = 8


@dataclass(frozen=True, eq=False)
class SceneCache:
    """One scene, for one version of the score: ``version`` is "v2" (4 s of objects) or "v1" (5 s).

    ``ego_state`` (11,) and ``history`` (h, 11) global; ``human`` what was driven, None for synthetic scenes; ``centreline`` (n, 3) x, y, heading of the corrected route; ``route_lane_ids`` of it; ``pdm`` (51, 11) PDM-Closed's
    trajectory every 0.1 s, None until it is planned; ``rails`` the vehicles that react in NAVSIM's traffic, ``routes`` those of the corrected traffic, whose stop lines are ``closed`` (F, m) each half second; None where traffic is
    only replayed.

    For PDM-Closed alone: ``current`` the objects of the current frame, ``plan_lights`` what is red then on the *corrected* route (1, R), ``start_speed_limit`` of the lane it starts from, m/s, NaN for none.
    """

    token: str
    log_name: str
    map_name: str
    version: str
    is_synthetic: bool
    start_us: int
    ego_state: Floats
    history: Floats
    human: Trajectory | None
    tracks: Tracks
    current: Moment
    area: AreaMap
    lights: RedLights
    plan_lights: RedLights
    start_speed_limit: float
    route_lane_ids: tuple[str, ...]
    centreline: Floats
    rails: Rails | None
    routes: IdmRoutes | None
    closed: NDArray[np.bool_]
    pdm: Floats | None
    map_hash: str = ""

    @cached_property
    def ego_corners(self) -> Floats:
        """(5, 2) corners and centre at the start."""
        out = np.empty((1, 5, 2))
        ego_footprint(self.ego_state[None], out)
        return out[0]

    @cached_property
    def objects(self) -> Objects:
        """All that the log saw."""
        return self.tracks.objects()

    @cached_property
    def replayed(self) -> Objects:
        """What log replay shows: v2 leaves out what overlaps the ego at the start, v1 does not."""
        return self.objects if self.version == "v1" else replayed(self.objects, self.ego_corners)

    @property
    def closed_stops(self) -> list[NDArray[np.bool_]]:
        """Of each half second, which stop lines of ``routes`` are closed (m,)."""
        return list(self.closed)

    @cached_property
    def line(self) -> Floats:
        """(n, 2) vertices of the centreline."""
        return np.ascontiguousarray(self.centreline[:, :2])

    @cached_property
    def pdm_reference(self) -> Floats:
        """(41, 3) PDM-Closed's trajectory as the tracker's reference. Raises FormatError when it is not planned."""
        if self.pdm is None:
            raise FormatError(f"the cache of scene {self.token} has no PDM-Closed trajectory", "build it with build_scene_cache")
        return interpolate_poses(self.pdm[:, :3], self.start_us)

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """Results that depend on the scene alone (the human's scores, PDM-Closed's), kept by those who compute them."""
        return {}

    @cached_property
    def snapshot(self) -> str:
        """A hash of the data that the scores rest on: scene, map and plan of reference."""
        digest = hashlib.sha256()
        for array in _arrays(self).values():
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(f"{self.token} {self.version} {self.map_hash}".encode())
        return digest.hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write the cache to ``path`` (.npz)."""
        np.savez(path, allow_pickle=False, **_arrays(self), header=np.array(json.dumps(_header(self))))

    @classmethod
    def load(cls, path: Path) -> SceneCache:
        """Read a cache. Raises CacheVersionError for one of another version, FormatError for what is no cache."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            header = json.loads(str(arrays.pop("header")))
            made_by = header["cache_version"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FormatError(f"{path} is no scene cache ({type(error).__name__})", "delete it: it is made again") from None
        if made_by != CACHE_VERSION:
            raise CacheVersionError(f"{path} is a scene cache of version {made_by}, not {CACHE_VERSION}", "delete it: it is made again")
        return _rebuild(header, arrays)


def scene_basis(scene: Scene, driving_map: DrivingMap, version: str = "v2") -> SceneCache:
    """Everything but PDM-Closed's trajectory.

    Raises FormatError for a scene that is too short (8 frames of future for v2, 10 for v1), RouteError for one without a usable route.
    """
    if version not in FUTURE_FRAMES:
        raise FormatError(f"there is no version {version!r} of the score", "use v2 or v1")
    frames, route_ids = FUTURE_FRAMES[version], scene.current.roadblock_ids
    moments = [moment(scene, k) for k in range(frames + 1)]
    lights = [scene.lights(k) for k in range(frames + 1)]
    ego_state = logged_state(scene, scene.num_history - 1)
    corners = np.empty((1, 5, 2))
    ego_footprint(ego_state[None], corners)
    feet = corners[0]
    route = correct_route(driving_map, route_ids, ego_state[:3])
    lanes = route_lanes(driving_map, route)
    start = start_lane(driving_map, lanes, ego_state[:3], feet[CENTRE], feet[:4])
    limit = driving_map.speed_limit(start)
    tracks, routes = tracks_of(moments), None
    if version == "v2":
        red = {connector for status in lights for connector, is_red in status if is_red}
        routes = build_routes(moments[0], driving_map, tracks.standing[: tracks.now], red)
    return SceneCache(
        token=scene.token,
        log_name=scene.log_name,
        map_name=scene.map_name,
        version=version,
        is_synthetic=scene.is_synthetic,
        start_us=scene.current.timestamp_us,
        ego_state=ego_state,
        history=past_states(scene),
        human=None if scene.is_synthetic else scene.human_trajectory(HUMAN_POSES),
        tracks=tracks,
        current=moments[0],
        area=area_map(driving_map, feet[CENTRE], lanes),
        lights=red_lights(driving_map, route_lanes(driving_map, known_blocks(driving_map, route_ids)), lights),
        plan_lights=red_lights(driving_map, lanes, lights[:1]),
        start_speed_limit=np.nan if limit is None else limit,
        route_lane_ids=tuple(lanes),
        centreline=centreline(driving_map, route, start),
        rails=build_rails(moments[0], driving_map, feet, float(np.hypot(*ego_state[3:5]))) if version == "v2" else None,
        routes=routes,
        closed=np.zeros((0, 0), bool) if routes is None else np.stack([routes.red(status) for status in lights]),
        pdm=None,
        map_hash=driving_map.content_hash,
    )


def with_plan(basis: SceneCache, pdm: Floats) -> SceneCache:
    """``basis`` with PDM-Closed's trajectory (51, 11)."""
    return replace(basis, pdm=pdm)


_PARTS: dict[str, type] = {"tracks": Tracks, "rails": Rails, "routes": IdmRoutes, "current": Moment}
_TUPLES: dict[str, type[AreaMap | RedLights]] = {"area": AreaMap, "lights": RedLights, "plan_lights": RedLights}


def _arrays(cache: SceneCache) -> dict[str, Any]:
    found: dict[str, Any] = {"ego_state": cache.ego_state, "history": cache.history, "centreline": cache.centreline, "closed": cache.closed}
    if cache.pdm is not None:
        found["pdm"] = cache.pdm
    if cache.human is not None:
        found["human"] = cache.human.poses
    for name in _PARTS:
        part = getattr(cache, name)
        if part is not None:
            found.update({f"{name}.{f.name}": getattr(part, f.name) for f in fields(part) if isinstance(getattr(part, f.name), np.ndarray)})
    for name in _TUPLES:
        for field, value in getattr(cache, name)._asdict().items():
            if isinstance(value, PolygonSet):
                found.update({f"{name}.polygons.{k}": v for k, v in value._asdict().items()})
            else:
                found[f"{name}.{field}"] = value
    return found


def _header(cache: SceneCache) -> dict[str, Any]:
    plain = ("token", "log_name", "map_name", "version", "is_synthetic", "start_us", "route_lane_ids", "map_hash", "start_speed_limit")
    header: dict[str, Any] = {"cache_version": CACHE_VERSION, **{name: getattr(cache, name) for name in plain}}
    header["human_dt"] = None if cache.human is None else cache.human.dt
    for name in _PARTS:
        part = getattr(cache, name)
        if part is not None:
            header[name] = {f.name: getattr(part, f.name) for f in fields(part) if not isinstance(getattr(part, f.name), np.ndarray)}
    return header


def _rebuild(header: dict[str, Any], arrays: dict[str, Any]) -> SceneCache:
    values: dict[str, Any] = {
        name: header[name]
        for name in ("token", "log_name", "map_name", "version", "is_synthetic", "start_us", "map_hash", "start_speed_limit")
    }
    values["route_lane_ids"] = tuple(header["route_lane_ids"])
    values.update({name: arrays[name] for name in ("ego_state", "history", "centreline", "closed")})
    values["pdm"] = arrays.get("pdm")
    values["human"] = Trajectory(arrays["human"], header["human_dt"]) if "human" in arrays else None
    for name, kind in _PARTS.items():
        own = {key.split(".", 1)[1]: value for key, value in arrays.items() if key.startswith(f"{name}.")}
        lists = {key: tuple(value) if isinstance(value, list) else value for key, value in header.get(name, {}).items()}
        values[name] = kind(**own, **lists) if name in header else None
    for name, tuple_kind in _TUPLES.items():
        polygons = PolygonSet(*(arrays[f"{name}.polygons.{field}"] for field in PolygonSet._fields))
        values[name] = tuple_kind(polygons, **{f: arrays[f"{name}.{f}"] for f in tuple_kind._fields if f != "polygons"})
    return SceneCache(**values)
