"""What a driving scene is: frames at 2 Hz with the ego's state, boxes, lights and route. Frozen dataclasses over read-only numpy arrays.

Frames of reference: *global* is the map's projected CRS (m, heading anticlockwise from east); *ego* is the rear axle's frame, x forward, y left. Only the yaw turns one into the other, as in NAVSIM's reader
(navsim/common/dataclasses.py; the full 3-D rotation of the writer is lost there too).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from envs.driving.errors import FormatError, TrajectoryError

Floats = NDArray[np.float64]

FRAME_PERIOD_S = 0.5
OBJECT_NAMES = ("vehicle", "pedestrian", "bicycle", "traffic_cone", "barrier", "czone_sign", "generic_object")
AGENT_NAMES = frozenset({"vehicle", "pedestrian", "bicycle"})
"""Objects that move; the others are static and have no velocity."""
CAMERA_NAMES = ("CAM_F0", "CAM_L0", "CAM_L1", "CAM_L2", "CAM_R0", "CAM_R1", "CAM_R2", "CAM_B0")


def read_only(values: ArrayLike, *shape: int | None, what: str) -> Floats:
    """A read-only float64 copy of ``values`` of ``shape`` (None: any length). Raises FormatError."""
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError) as error:
        raise FormatError(f"{what} holds no numbers ({error})", "write it again") from None
    if array.shape == (0,) and shape[0] in (0, None):
        array = array.reshape(0, *(n or 0 for n in shape[1:]))
    if array.ndim != len(shape) or any(want is not None and have != want for have, want in zip(array.shape, shape)):
        wanted = ", ".join("n" if n is None else str(n) for n in shape)
        raise FormatError(f"{what} has shape {array.shape}", f"it must be ({wanted})")
    array.setflags(write=False)
    return array


def wrap_angle(angle: Floats) -> Floats:
    """``angle`` (rad) in [-pi, pi), as nuPlan's normalize_angle."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def to_global(points: Floats, pose: Floats) -> Floats:
    """Points (n, 2) of the frame of ``pose`` (x, y, heading) in the global frame."""
    cos, sin = np.cos(pose[2]), np.sin(pose[2])
    return np.stack([points[:, 0] * cos - points[:, 1] * sin + pose[0], points[:, 0] * sin + points[:, 1] * cos + pose[1]], -1)


def to_local(points: Floats, pose: Floats) -> Floats:
    """Global points (n, 2) in the frame of ``pose`` (x, y, heading)."""
    cos, sin = np.cos(pose[2]), np.sin(pose[2])
    x, y = points[:, 0] - pose[0], points[:, 1] - pose[1]
    return np.stack([x * cos + y * sin, y * cos - x * sin], -1)


@dataclass(frozen=True)
class Boxes:
    """Objects of one moment. ``xyz`` (n, 3) centres, ``size`` (n, 3) length width height, ``heading`` (n,), ``velocity`` (n, 3); ``names`` of OBJECT_NAMES; identity over time is the ``track_tokens``."""

    xyz: Floats
    size: Floats
    heading: Floats
    velocity: Floats
    names: tuple[str, ...]
    track_tokens: tuple[str, ...]
    instance_tokens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.names)
        for name, width in (("xyz", 3), ("size", 3), ("velocity", 3)):
            object.__setattr__(self, name, read_only(getattr(self, name), n, width, what=f"boxes: {name}"))
        object.__setattr__(self, "heading", read_only(self.heading, n, what="boxes: heading"))
        object.__setattr__(self, "instance_tokens", tuple(self.instance_tokens) or tuple(self.track_tokens))
        if len(self.track_tokens) != n or len(self.instance_tokens) != n:
            raise FormatError(
                f"{n} boxes with {len(self.track_tokens)} track tokens and {len(self.instance_tokens)} instance tokens", "write as many"
            )

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def none(cls) -> Boxes:
        return cls(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)), (), ())

    def select(self, chosen: Sequence[int] | NDArray[Any]) -> Boxes:
        """The boxes of ``chosen``: indices or a mask (n,)."""
        rows = np.arange(len(self))[np.asarray(chosen, dtype=None if len(chosen) else np.int64)]
        return Boxes(
            self.xyz[rows], self.size[rows], self.heading[rows], self.velocity[rows],
            tuple(self.names[i] for i in rows), tuple(self.track_tokens[i] for i in rows), tuple(self.instance_tokens[i] for i in rows),
        )  # fmt: skip

    def to_global(self, ego_pose: Floats) -> Boxes:
        """Boxes of the ego's frame in the global frame; velocities are turned, never translated."""
        turn = np.array([0.0, 0.0, ego_pose[2]])
        return self._moved(to_global(self.xyz, ego_pose), to_global(self.velocity, turn), self.heading + ego_pose[2])

    def to_ego(self, ego_pose: Floats) -> Boxes:
        """Global boxes in the frame of ``ego_pose``."""
        turn = np.array([0.0, 0.0, ego_pose[2]])
        return self._moved(to_local(self.xyz, ego_pose), to_local(self.velocity, turn), self.heading - ego_pose[2])

    def _moved(self, xy: Floats, velocity: Floats, heading: Floats) -> Boxes:
        return Boxes(
            np.column_stack([xy, self.xyz[:, 2]]), self.size, wrap_angle(heading),
            np.column_stack([velocity, self.velocity[:, 2]]), self.names, self.track_tokens, self.instance_tokens,
        )  # fmt: skip


@dataclass(frozen=True)
class Camera:
    """One camera of a frame. ``data_path`` is relative to the sensor blobs; the pose is that of the camera in the LiDAR's frame."""

    data_path: str
    sensor2lidar_rotation: Floats
    sensor2lidar_translation: Floats
    intrinsic: Floats
    distortion: Floats

    def __post_init__(self) -> None:
        for name, shape in (
            ("sensor2lidar_rotation", (3, 3)),
            ("sensor2lidar_translation", (3,)),
            ("intrinsic", (3, 3)),
            ("distortion", (None,)),
        ):
            object.__setattr__(self, name, read_only(getattr(self, name), *shape, what=f"camera: {name}"))


TrafficLights = tuple[tuple[str, bool], ...]
"""(lane connector's id, whether it is red)."""


@dataclass(frozen=True)
class Frame:
    """One moment of a log. ``boxes`` are in the ego's frame; ``ego_velocity`` and ``ego_acceleration`` (2,) too.

    ``ego2global`` (4, 4) and ``lidar2ego`` (4, 4) hold the full poses where the log has them (sensors need them); ``angular_velocity`` (3,) rad/s is written to ``can_bus`` and read by nobody.
    """

    token: str
    timestamp_us: int
    ego_pose: Floats
    ego_velocity: Floats
    ego_acceleration: Floats
    driving_command: NDArray[np.int64]
    roadblock_ids: tuple[str, ...]
    traffic_lights: TrafficLights
    boxes: Boxes
    cameras: Mapping[str, Camera] = field(default_factory=dict)
    lidar_path: str | None = None
    ego2global: Floats | None = None
    lidar2ego: Floats | None = None
    angular_velocity: Floats | None = None

    def __post_init__(self) -> None:
        for name, size in (("ego_pose", 3), ("ego_velocity", 2), ("ego_acceleration", 2)):
            object.__setattr__(self, name, read_only(getattr(self, name), size, what=f"frame {self.token}: {name}"))
        command = read_only(self.driving_command, 4, what=f"frame {self.token}: driving_command").astype(np.int64)
        command.setflags(write=False)
        object.__setattr__(self, "driving_command", command)
        for name, shape in (("ego2global", (4, 4)), ("lidar2ego", (4, 4)), ("angular_velocity", (3,))):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name), *shape, what=f"frame {self.token}: {name}"))

    @property
    def global_boxes(self) -> Boxes:
        return self.boxes.to_global(self.ego_pose)


@dataclass(frozen=True)
class Log:
    """One drive: its frames at 2 Hz, in order. ``scene_tokens``: the scene each frame belongs to."""

    name: str
    map_name: str
    frames: tuple[Frame, ...]
    scene_tokens: tuple[str, ...] = ()
    token: str = ""
    vehicle_name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", tuple(self.frames))
        object.__setattr__(self, "scene_tokens", tuple(self.scene_tokens) or ("",) * len(self.frames))
        if len(self.scene_tokens) != len(self.frames):
            raise FormatError(f"log {self.name}: {len(self.frames)} frames with {len(self.scene_tokens)} scene tokens", "give one a frame")

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, i: int) -> Frame:
        return self.frames[i]

    def scene_token(self, i: int) -> str:
        """The scene that frame ``i`` belongs to."""
        return self.scene_tokens[i]


@dataclass(frozen=True)
class Scene:
    """A window of a log, or a synthetic scene. ``frames``: history (the last of which is the current frame) and future.

    Synthetic scenes carry their future as ``extended_boxes`` (global frame) and ``extended_lights``: entry i is frame ``len(frames) + i``; they have no future ego poses.
    """

    token: str
    log_name: str
    map_name: str
    scene_token: str
    frames: tuple[Frame, ...]
    num_history: int = 4
    is_synthetic: bool = False
    extended_boxes: tuple[Boxes, ...] = ()
    extended_lights: tuple[TrafficLights, ...] = ()
    original_scene: str | None = None
    original_token: str | None = None

    def __post_init__(self) -> None:
        if len(self.frames) < self.num_history or self.num_history < 1:
            raise FormatError(
                f"scene {self.token} has {len(self.frames)} frames", f"it needs {self.num_history} of history, the current one included"
            )
        if len(self.extended_boxes) != len(self.extended_lights):
            raise FormatError(
                f"scene {self.token}: {len(self.extended_boxes)} extended detections, {len(self.extended_lights)} extended lights",
                "write as many",
            )

    @property
    def current(self) -> Frame:
        return self.frames[self.num_history - 1]

    @property
    def history(self) -> tuple[Frame, ...]:
        """The frames up to and with the current one."""
        return self.frames[: self.num_history]

    @property
    def future(self) -> tuple[Frame, ...]:
        """The frames after the current one that have an ego pose."""
        return self.frames[self.num_history :]

    @property
    def horizon(self) -> int:
        """How many moments after the current one have objects: :meth:`objects` takes 0..horizon."""
        return len(self.future) + len(self.extended_boxes)

    def objects(self, k: int) -> Boxes:
        """Global boxes ``k`` half seconds after the current frame."""
        at = self.num_history - 1 + k
        return self.frames[at].global_boxes if at < len(self.frames) else self.extended_boxes[at - len(self.frames)]

    def lights(self, k: int) -> TrafficLights:
        """Lights ``k`` half seconds after the current frame."""
        at = self.num_history - 1 + k
        return self.frames[at].traffic_lights if at < len(self.frames) else self.extended_lights[at - len(self.frames)]

    def human_trajectory(self, n: int = 8) -> Trajectory | None:
        """What was driven: ``n`` poses at 2 Hz in the current ego frame; None where the log has no such future."""
        if len(self.future) < n or n < 1:
            return None
        here = self.current.ego_pose
        poses = np.stack([frame.ego_pose for frame in self.future[:n]])
        return Trajectory(np.column_stack([to_local(poses[:, :2], here), wrap_angle(poses[:, 2] - here[2])]), FRAME_PERIOD_S)


@dataclass(frozen=True)
class Trajectory:
    """A plan: ``poses`` (n, 3) x, y, heading in the current ego frame (rear axle), the first ``dt`` seconds from now. Raises TrajectoryError."""

    poses: Floats
    dt: float = FRAME_PERIOD_S

    def __post_init__(self) -> None:
        try:
            poses = np.array(self.poses, np.float64)
        except (TypeError, ValueError):
            raise TrajectoryError("a trajectory's poses are no rectangle of numbers", "give n rows of x, y, heading") from None
        if poses.size == 0:
            raise TrajectoryError("a trajectory has no poses", "give at least one")
        if poses.ndim != 2 or poses.shape[1] != 3:
            raise TrajectoryError(f"a trajectory has shape {poses.shape}", "give n rows of x, y, heading")
        if not np.isfinite(poses).all():
            raise TrajectoryError(
                f"pose {int(np.argwhere(~np.isfinite(poses))[0, 0])} of a trajectory is not finite", "give numbers, in metres and radians"
            )
        if isinstance(self.dt, bool) or not isinstance(self.dt, (int, float)) or not 0 < self.dt < float("inf"):
            raise TrajectoryError(f"a trajectory's dt is {self.dt!r}", "give the seconds between poses")
        poses.setflags(write=False)
        object.__setattr__(self, "poses", poses)
        object.__setattr__(self, "dt", float(self.dt))

    @property
    def duration(self) -> float:
        """Seconds to the last pose."""
        return len(self.poses) * self.dt
