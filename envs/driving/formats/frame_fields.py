"""Parts of a frame that logs and synthetic scenes share: boxes, lights and cameras, read with the file and the key named in every complaint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from envs.driving.errors import FormatError
from envs.driving.scene import CAMERA_NAMES, OBJECT_NAMES, Boxes, Camera, Floats, TrafficLights
from harness.errors import did_you_mean

Read = TypeVar("Read")
MAX_CODE_POINT = 0x10FFFF


def guarded(read: Callable[[Any, str], Read], frame: Any, where: str) -> Read:
    """``read(frame, where)``, in which whatever values of wrong types can cause becomes a FormatError."""
    try:
        return read(frame, where)
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, SystemError, MemoryError) as error:
        raise FormatError(f"{where} holds a value of the wrong type ({error})", "fetch the file again") from None


def field(holder: Any, name: str, where: str) -> Any:
    """``holder[name]``. Raises FormatError when that is not to be had."""
    if not isinstance(holder, Mapping):
        raise FormatError(f"{where} is a {type(holder).__name__}, not a dict", "fetch the file again")
    if name not in holder:
        raise FormatError(f"{where} has no key {name}", did_you_mean(name, map(str, holder)))
    return holder[name]


def numbers(values: Any, shape: tuple[int | None, ...], where: str) -> Floats:
    """``values`` as finite float64 of ``shape`` (None: any length). Raises FormatError."""
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError):
        raise FormatError(f"{where} holds something else than numbers", "fetch the file again") from None
    if array.size == 0 and shape[0] is None:
        array = array.reshape(0, *(n or 0 for n in shape[1:]))
    if array.ndim != len(shape) or any(want not in (None, have) for want, have in zip(shape, array.shape)):
        raise FormatError(f"{where} has shape {array.shape}", f"it must be ({', '.join('n' if n is None else str(n) for n in shape)})")
    if not np.isfinite(array).all():
        raise FormatError(f"{where} holds NaN or infinity", "fetch the file again")
    return array


def read_boxes(columns: Sequence[Any], where: str) -> Boxes:
    """``columns``: boxes (n, 7) x, y, z, length, width, height, heading; names; velocities (n, 3); instance tokens; track tokens. Raises FormatError."""
    boxes, names, velocity, instance_tokens, track_tokens = columns
    rows = numbers(boxes, (None, 7), f"{where}: boxes")
    kinds = _texts(names, where)
    for kind in kinds:
        if kind not in OBJECT_NAMES:
            raise FormatError(f"{where} has an object of the unknown kind {kind!r}", did_you_mean(kind, OBJECT_NAMES))
    speeds = numbers(_flat(velocity), (None, 3), f"{where}: velocities")
    if not len(rows) == len(kinds) == len(speeds) == len(instance_tokens) == len(track_tokens):
        counts = [len(rows), len(kinds), len(speeds), len(instance_tokens), len(track_tokens)]
        raise FormatError(f"{where}: boxes, names, velocities, instance and track tokens count {counts}", "fetch the file again")
    return Boxes(rows[:, :3], rows[:, 3:6], rows[:, 6], speeds, kinds, tuple(map(str, track_tokens)), tuple(map(str, instance_tokens)))


def _flat(velocity: Any) -> Any:
    """Velocities (n, 3) whose unknown vertical parts count as 0: nobody reads them, and databases leave them out."""
    array = np.array(velocity, np.float64)
    if array.ndim == 2 and array.shape[1] == 3:
        array[np.isnan(array[:, 2]), 2] = 0.0
    return array


def _texts(names: Any, where: str) -> tuple[str, ...]:
    """Text of a list or array. A damaged array can hold code points that no str may have; Python fails on those in odd places, so they are found here."""
    array = np.asarray(names)
    if array.dtype.kind == "U" and array.size and int(np.ascontiguousarray(array).view(np.uint32).max()) > MAX_CODE_POINT:
        raise FormatError(f"{where} has an object whose kind is no text", "fetch the file again")
    return tuple(str(name) for name in names)


def box_rows(boxes: Boxes) -> Floats:
    """(n, 7) as NAVSIM writes them."""
    return np.column_stack([boxes.xyz, boxes.size, boxes.heading])


def read_lights(lights: Any, where: str) -> TrafficLights:
    """(connector's id, red) pairs. Raises FormatError."""
    try:
        return tuple((str(int(name)), bool(red)) for name, red in lights)
    except (TypeError, ValueError):
        raise FormatError(f"{where}: traffic lights are no list of (lane connector, is red)", "fetch the file again") from None


def write_lights(lights: TrafficLights) -> list[tuple[int, bool]]:
    return [(int(name), bool(red)) for name, red in lights]


def read_cameras(cameras: Any, where: str) -> dict[str, Camera]:
    """{CAM_F0...: camera}; cameras of which the file says nothing are left out. Raises FormatError."""
    found = {}
    for key, about in (cameras or {}).items():
        name = str(key).upper()
        if name not in CAMERA_NAMES:
            raise FormatError(f"{where} has an unknown camera {key!r}", did_you_mean(name, CAMERA_NAMES))
        if about:
            found[name] = Camera(
                str(field(about, "data_path", f"{where}: {key}")),
                numbers(field(about, "sensor2lidar_rotation", f"{where}: {key}"), (3, 3), f"{where}: {key}: sensor2lidar_rotation"),
                numbers(field(about, "sensor2lidar_translation", f"{where}: {key}"), (3,), f"{where}: {key}: sensor2lidar_translation"),
                numbers(field(about, "cam_intrinsic", f"{where}: {key}"), (3, 3), f"{where}: {key}: cam_intrinsic"),
                numbers(field(about, "distortion", f"{where}: {key}"), (None,), f"{where}: {key}: distortion"),
            )
    return found


def write_cameras(cameras: Mapping[str, Camera], lower: bool = False) -> dict[str, dict[str, Any]]:
    """All eight keys; {} for a camera that is not there."""
    written: dict[str, dict[str, Any]] = {}
    for name in CAMERA_NAMES:
        camera = cameras.get(name)
        written[name.lower() if lower else name] = (
            {}
            if camera is None
            else {
                "data_path": camera.data_path,
                "sensor2lidar_rotation": np.array(camera.sensor2lidar_rotation),
                "sensor2lidar_translation": np.array(camera.sensor2lidar_translation),
                "cam_intrinsic": np.array(camera.intrinsic),
                "distortion": np.array(camera.distortion),
            }
        )
    return written


def as_float32(values: Any, size: int, where: str) -> Floats:
    """Numbers rounded to float32, as NAVSIM's reader casts velocities and accelerations."""
    return numbers(values, (size,), where).astype(np.float32).astype(np.float64)
