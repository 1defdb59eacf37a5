"""The eight cameras of a NAVSIM vehicle.

Names, picture size (1920 x 1080) and intrinsics (focal length 1545 px, centre (960, 560)) are those that nuPlan publishes with its sensor set (H. Caesar et al., "NuPlan", 2021; its camera table), so that a picture has the field of view
that a policy trained on NAVSIM knows: 64 degrees across. The poses on the car are plausible, not measured: real logs bring their own, see :func:`camera_of_log`. Lenses are ideal: no distortion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from envs.driving.scene import Camera
from harness.environment import CameraGeometry
from harness.errors import ConfigError, did_you_mean

FULL_SIZE: Final = (1920, 1080)
_FOCAL, _CENTRE = 1545.0, (960.0, 560.0)

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class CameraPose:
    """``matrix`` (4, 4): camera (OpenCV axes: x right, y down, z forward) -> ego rear axle on the ground (x forward, y left, z up), m. ``intrinsic`` (3, 3) for FULL_SIZE."""

    name: str
    matrix: Matrix
    intrinsic: Matrix

    def intrinsic_for(self, size: tuple[int, int]) -> Matrix:
        """The intrinsic matrix of a picture of ``size`` (width, height)."""
        scale = np.diag([size[0] / FULL_SIZE[0], size[1] / FULL_SIZE[1], 1.0])
        return scale @ self.intrinsic


def _pose(name: str, x: float, y: float, z: float, yaw: float) -> CameraPose:
    forward = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, [0.0, 0.0, -1.0], forward], axis=1)
    matrix[:3, 3] = (x, y, z)
    intrinsic = np.array([[_FOCAL, 0.0, _CENTRE[0]], [0.0, _FOCAL, _CENTRE[1]], [0.0, 0.0, 1.0]])
    return CameraPose(name, matrix, intrinsic)


RIG: Final[dict[str, CameraPose]] = {
    name: _pose(name, x, y, z, np.deg2rad(yaw))
    for name, x, y, z, yaw in (
        ("CAM_F0", 1.70, 0.0, 1.55, 0.0),
        ("CAM_L0", 1.55, 0.50, 1.55, 55.0),
        ("CAM_L1", 1.25, 0.60, 1.55, 110.0),
        ("CAM_L2", 0.20, 0.55, 1.55, 150.0),
        ("CAM_R0", 1.55, -0.50, 1.55, -55.0),
        ("CAM_R1", 1.25, -0.60, 1.55, -110.0),
        ("CAM_R2", 0.20, -0.55, 1.55, -150.0),
        ("CAM_B0", -0.50, 0.0, 1.55, 180.0),
    )
}
"""The cameras by name; the front one first."""


def chosen_cameras(names: tuple[str, ...] | list[str]) -> tuple[CameraPose, ...]:
    """The cameras of those names. Raises ConfigError for an unknown or repeated one."""
    for name in names:
        if name not in RIG:
            raise ConfigError(f"cameras: unknown camera {name!r}", did_you_mean(str(name), RIG))
    if len(set(names)) != len(names):
        raise ConfigError(f"cameras: {', '.join(names)} names one camera twice", "name each once")
    return tuple(RIG[name] for name in names)


def camera_of_log(name: str, camera: Camera, lidar2ego: Matrix) -> CameraPose:
    """The pose of a real log's camera; ``lidar2ego`` (4, 4) is its frame's."""
    sensor2lidar = np.eye(4)
    sensor2lidar[:3, :3], sensor2lidar[:3, 3] = camera.sensor2lidar_rotation, camera.sensor2lidar_translation
    return CameraPose(name, lidar2ego @ sensor2lidar, np.asarray(camera.intrinsic))


def camera_geometry(camera: CameraPose, size: tuple[int, int], ego_pose: Matrix) -> CameraGeometry:
    """Where ``camera`` is in the global frame (z up from the road) when the rear axle is at ``ego_pose`` (x, y, heading)."""
    x, y, heading = ego_pose
    cos, sin = np.cos(heading), np.sin(heading)
    ego = np.array([[cos, -sin, 0.0, x], [sin, cos, 0.0, y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    extrinsic = np.asarray(np.linalg.inv(ego @ camera.matrix), np.float64)
    return {"intrinsic": camera.intrinsic_for(size), "extrinsic": extrinsic, "size": size}
