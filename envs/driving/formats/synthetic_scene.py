"""NAVSIM's two-stage synthetic scenes, both ways: navsim/common/dataclasses.py's Scene.save_to_disk and load_from_disk, with nuPlan's pickled objects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from envs.driving.errors import FormatError
from envs.driving.formats.frame_fields import (
    Read,
    as_float32,
    box_rows,
    field,
    guarded,
    numbers,
    read_boxes,
    read_cameras,
    read_lights,
    write_cameras,
    write_lights,
)
from envs.driving.formats.nuplan_objects import boxes_of, lights_of, statuses_of, tracks_of
from envs.driving.formats.pickling import write_pickle
from envs.driving.formats.unpickle import load_pickle
from envs.driving.scene import FRAME_PERIOD_S, Frame, Scene, wrap_angle

TOKEN_LENGTH = 17
"""Characters of a synthetic token; original ones have 16. The official metric cache tells them apart by this."""


def is_synthetic_token(token: str) -> bool:
    return len(token) == TOKEN_LENGTH


def read_synthetic_scene(path: Path) -> Scene:
    """The scene in ``path``, whose stem is its token. Raises FormatError, UnsafePickleError."""
    return guarded(_read_scene, load_pickle(path), str(path))


def _read_scene(content: Any, path: str) -> Scene:
    about = field(content, "scene_metadata", path)
    token = str(field(about, "initial_token", f"{path}: scene_metadata"))
    if token != Path(path).stem:
        raise FormatError(f"{path} holds the scene {token}", "a synthetic scene's file has the name of its token: rename it")
    frames = [guarded(_read_frame, frame, f"{path}: frame {i}") for i, frame in enumerate(field(content, "frames", path))]
    tracks = tuple(
        guarded(_extended(boxes_of), entry, f"{path}: extended detections") for entry in content.get("extended_detections_tracks") or ()
    )
    lights = tuple(
        guarded(_extended(lights_of), entry, f"{path}: extended lights") for entry in content.get("extended_traffic_light_data") or ()
    )
    original = [about.get(key) for key in ("corresponding_original_scene", "corresponding_original_initial_token")]
    return Scene(
        token=token,
        log_name=str(field(about, "log_name", f"{path}: scene_metadata")),
        map_name=str(field(about, "map_name", f"{path}: scene_metadata")),
        scene_token=str(field(about, "scene_token", f"{path}: scene_metadata")),
        frames=tuple(frames),
        num_history=int(field(about, "num_history_frames", f"{path}: scene_metadata")),
        is_synthetic=True,
        extended_boxes=tracks,
        extended_lights=lights,
        original_scene=None if original[0] is None else str(original[0]),
        original_token=None if original[1] is None else str(original[1]),
    )


def _extended(read: Callable[[Any], Read]) -> Callable[[Any, str], Read]:
    """``read`` as :func:`guarded` calls it."""
    return lambda entry, where: read(entry)


def _read_frame(frame: Any, where: str) -> Frame:
    boxes, ego = field(frame, "annotations", where), field(frame, "ego_status", where)
    if not ego.get("in_global_frame", True):
        raise FormatError(f"{where}: the ego's pose is not global", "write the scene with in_global_frame")
    return Frame(
        token=str(field(frame, "token", where)),
        timestamp_us=int(field(frame, "timestamp", where)),
        ego_pose=numbers(field(ego, "ego_pose", where), (3,), f"{where}: ego_pose"),
        ego_velocity=as_float32(field(ego, "ego_velocity", where), 2, f"{where}: ego_velocity"),
        ego_acceleration=as_float32(field(ego, "ego_acceleration", where), 2, f"{where}: ego_acceleration"),
        driving_command=np.asarray(numbers(field(ego, "driving_command", where), (4,), f"{where}: driving_command"), np.int64),
        roadblock_ids=tuple(str(name) for name in field(frame, "roadblock_ids", where)),
        traffic_lights=read_lights(field(frame, "traffic_lights", where), where),
        boxes=read_boxes(
            [field(boxes, key, f"{where}: annotations") for key in ("boxes", "names", "velocity_3d", "instance_tokens", "track_tokens")],
            where,
        ),
        cameras=read_cameras(frame.get("camera_dict"), where),
        lidar_path=None if frame.get("lidar_path") is None else str(frame["lidar_path"]),
    )


def write_synthetic_scene(folder: Path, scene: Scene) -> Path:
    """Write ``folder/<token>.pkl``; the path. Raises FormatError for a token that the official devkit would take for an original one's."""
    if not is_synthetic_token(scene.token):
        raise FormatError(f"synthetic scene {scene.token!r} has a token of {len(scene.token)} characters", f"it must have {TOKEN_LENGTH}")
    path = Path(folder) / f"{scene.token}.pkl"
    step = round(FRAME_PERIOD_S * 1e6)
    times = [scene.frames[-1].timestamp_us + step * (i + 1) for i in range(len(scene.extended_boxes))]
    content = {
        "scene_metadata": {
            "log_name": scene.log_name,
            "scene_token": scene.scene_token,
            "map_name": scene.map_name,
            "initial_token": scene.token,
            "num_history_frames": scene.num_history,
            "num_future_frames": len(scene.future),
            "corresponding_original_scene": scene.original_scene,
            "corresponding_original_initial_token": scene.original_token,
        },
        "frames": [_frame_dict(frame) for frame in scene.frames],
        "extended_traffic_light_data": [statuses_of(lights, time) for lights, time in zip(scene.extended_lights, times)],
        "extended_detections_tracks": [tracks_of(boxes, time) for boxes, time in zip(scene.extended_boxes, times)],
    }
    write_pickle(path, content)
    return path


def _frame_dict(frame: Frame) -> dict[str, Any]:
    return {
        "token": frame.token,
        "timestamp": int(frame.timestamp_us),
        "roadblock_ids": list(frame.roadblock_ids),
        "traffic_lights": write_lights(frame.traffic_lights),
        "annotations": {
            "boxes": box_rows(frame.boxes),
            "names": list(frame.boxes.names),
            "velocity_3d": np.array(frame.boxes.velocity),
            "instance_tokens": list(frame.boxes.instance_tokens),
            "track_tokens": list(frame.boxes.track_tokens),
        },
        "ego_status": {
            "ego_pose": np.array([*frame.ego_pose[:2], float(wrap_angle(np.array(frame.ego_pose[2])))]),
            "ego_velocity": frame.ego_velocity.astype(np.float32),
            "ego_acceleration": frame.ego_acceleration.astype(np.float32),
            "driving_command": np.array(frame.driving_command),
            "in_global_frame": True,
        },
        "lidar_path": frame.lidar_path,
        "camera_dict": write_cameras(frame.cameras, lower=True),
    }
