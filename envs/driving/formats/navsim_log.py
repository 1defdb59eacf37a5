"""OpenScene/NAVSIM logs, both ways: a pickled list of frame dicts at 2 Hz (keys: OpenScene's create_openscene_metadata.py; reading: navsim/common/dataclasses.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from envs.driving.errors import FormatError
from envs.driving.formats.frame_fields import (
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
from envs.driving.formats.pickling import write_pickle
from envs.driving.formats.unpickle import load_pickle
from envs.driving.scene import Floats, Frame, Log


def yaw_of(quaternion: Floats) -> float:
    """Yaw of w, x, y, z as pyquaternion's yaw_pitch_roll has it, sign of its second term included; only it survives reading."""
    w, x, y, z = quaternion / (np.linalg.norm(quaternion) or 1.0)
    return float(np.arctan2(2 * (w * z - x * y), 1 - 2 * (y * y + z * z)))


class LogFile:
    """A log as it lies in its file: a frame is read when it is asked for, so that a bad one costs the scenes it is in and no others.

    Raises FormatError when the file is no list of frame dicts in one place, UnsafePickleError for a hostile one.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.name = self.path.stem
        self._frames = load_pickle(path)
        if not isinstance(self._frames, list) or not self._frames or not all(isinstance(frame, dict) for frame in self._frames):
            raise FormatError(f"{path} is no list of frames", "fetch the log again")
        places = sorted({str(frame["map_location"]) for frame in self._frames if "map_location" in frame})
        if len(places) != 1:
            raise FormatError(f"{path} is in several places at once: {', '.join(places) or 'none'}", "fetch the log again")
        self.map_name = places[0]
        self._read: dict[int, Frame] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def token(self, i: int) -> str:
        """'' for a frame without one."""
        return str(self._frames[i].get("token", ""))

    def has_route(self, i: int) -> bool:
        route = self._frames[i].get("roadblock_ids")
        return isinstance(route, (list, tuple, np.ndarray)) and len(route) > 0

    def frame(self, i: int) -> Frame:
        """Raises FormatError for anything that is missing or of the wrong shape."""
        if i not in self._read:
            self._read[i] = guarded(_read_frame, self._frames[i], f"{self.path}: frame {i}")
        return self._read[i]

    def scene_token(self, i: int) -> str:
        return str(field(self._frames[i], "scene_token", f"{self.path}: frame {i}"))

    def whole(self) -> Log:
        """All frames. Raises FormatError for the first that is bad."""
        about = self._frames[0]
        return Log(
            name=self.name,
            map_name=self.map_name,
            frames=tuple(self.frame(i) for i in range(len(self))),
            scene_tokens=tuple(self.scene_token(i) for i in range(len(self))),
            token=str(about.get("log_token", "")),
            vehicle_name=str(about.get("vehicle_name", "")),
        )


def read_log(path: Path) -> Log:
    """The log in ``path``; its name is the file's. Raises FormatError for anything that is missing or of the wrong shape, UnsafePickleError for a hostile file."""
    return LogFile(path).whole()


def _read_frame(frame: Any, where: str) -> Frame:
    boxes = field(frame, "anns", where)
    position = numbers(field(frame, "ego2global_translation", where), (3,), f"{where}: ego2global_translation")
    rotation = numbers(field(frame, "ego2global_rotation", where), (4,), f"{where}: ego2global_rotation")
    dynamics = as_float32(field(frame, "ego_dynamic_state", where), 4, f"{where}: ego_dynamic_state")
    can_bus = frame.get("can_bus")
    return Frame(
        token=str(field(frame, "token", where)),
        timestamp_us=int(field(frame, "timestamp", where)),
        ego_pose=np.array([position[0], position[1], yaw_of(rotation)]),
        ego_velocity=dynamics[:2],
        ego_acceleration=dynamics[2:],
        driving_command=np.asarray(numbers(field(frame, "driving_command", where), (4,), f"{where}: driving_command"), np.int64),
        roadblock_ids=tuple(str(name) for name in field(frame, "roadblock_ids", where)),
        traffic_lights=read_lights(field(frame, "traffic_lights", where), where),
        boxes=read_boxes(
            [field(boxes, key, f"{where}: anns") for key in ("gt_boxes", "gt_names", "gt_velocity_3d", "instance_tokens", "track_tokens")],
            where,
        ),
        cameras=read_cameras(field(frame, "cams", where), where),
        lidar_path=None if frame.get("lidar_path") is None else str(frame["lidar_path"]),
        ego2global=_matrix(frame.get("ego2global"), f"{where}: ego2global"),
        lidar2ego=_matrix(frame.get("lidar2ego"), f"{where}: lidar2ego"),
        angular_velocity=None if can_bus is None else numbers(can_bus, (18,), f"{where}: can_bus")[13:16],
    )


def _matrix(values: Any, where: str) -> Floats | None:
    return None if values is None else numbers(values, (4, 4), where)


def write_log(folder: Path, log: Log) -> Path:
    """Write ``folder/<log name>.pkl``, all keys that OpenScene writes; the path. The official devkit loads it."""
    path = Path(folder) / f"{log.name}.pkl"
    write_pickle(path, [_frame_dict(log, i) for i in range(len(log.frames))])
    return path


def _frame_dict(log: Log, i: int) -> dict[str, Any]:
    frame = log.frames[i]
    ego2global = _pose_matrix(frame.ego_pose) if frame.ego2global is None else np.array(frame.ego2global)
    lidar2ego = np.eye(4) if frame.lidar2ego is None else np.array(frame.lidar2ego)
    rotation, translation = _quaternion(ego2global, frame.ego_pose[2]), np.array([*frame.ego_pose[:2], ego2global[2, 3]])
    spin = np.zeros(3) if frame.angular_velocity is None else frame.angular_velocity
    motion = [*frame.ego_velocity, *frame.ego_acceleration]
    return {
        "token": frame.token,
        "frame_idx": i,
        "timestamp": int(frame.timestamp_us),
        "log_name": log.name,
        "log_token": log.token,
        "scene_name": f"{log.name}-{log.scene_tokens[i]}",
        "scene_token": log.scene_tokens[i],
        "map_location": log.map_name,
        "roadblock_ids": list(frame.roadblock_ids),
        "vehicle_name": log.vehicle_name,
        "can_bus": np.array([*translation, *rotation, *motion[2:], 0.0, *motion[:2], 0.0, *spin, 0.0, 0.0]),
        "lidar_path": frame.lidar_path or f"{log.name}/MergedPointCloud/{frame.token}.pcd",  # the devkit joins paths with it, there or not
        "lidar2ego_translation": lidar2ego[:3, 3].copy(),
        "lidar2ego_rotation": _quaternion(lidar2ego),
        "ego2global_translation": translation,
        "ego2global_rotation": rotation,
        "ego_dynamic_state": [float(value) for value in motion],
        "traffic_lights": write_lights(frame.traffic_lights),
        "driving_command": np.array(frame.driving_command),
        "cams": write_cameras(frame.cameras),
        "sample_prev": log.frames[i - 1].token if i else None,
        "sample_next": log.frames[i + 1].token if i + 1 < len(log.frames) else None,
        "ego2global": ego2global,
        "lidar2ego": lidar2ego,
        "lidar2global": ego2global @ lidar2ego,
        "anns": {
            "gt_boxes": box_rows(frame.boxes),
            "gt_names": np.array(frame.boxes.names, np.str_),
            "gt_velocity_3d": np.array(frame.boxes.velocity),
            "instance_tokens": list(frame.boxes.instance_tokens),
            "track_tokens": list(frame.boxes.track_tokens),
        },
    }


def _pose_matrix(pose: Floats) -> Floats:
    cos, sin = np.cos(pose[2]), np.sin(pose[2])
    return np.array([[cos, -sin, 0, pose[0]], [sin, cos, 0, pose[1]], [0, 0, 1, 0], [0, 0, 0, 1.0]])


def _quaternion(matrix: Floats, yaw: float | None = None) -> Floats:
    """w, x, y, z of a rotation matrix; exactly ``yaw`` when the matrix turns about z alone."""
    if yaw is not None and matrix[2, 2] > 1 - 1e-12:
        return np.array([np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)])
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(matrix[:3, :3]).as_quat()
    return np.array([w, x, y, z]) * (1.0 if w >= 0 else -1.0)
