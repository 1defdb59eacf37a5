"""From scenes to pictures: the street of a scene, the moment of a frame, and one call for both."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from envs.driving.camera.renderer import StreetRenderer
from envs.driving.camera.rig import CameraPose
from envs.driving.camera.street import REACH, Street, StreetState, build_street
from envs.driving.map.driving_map import DrivingMap
from envs.driving.road_outlines import RoadOutlines, outlines_of
from envs.driving.scene import Boxes, Frame

BRAKING = 0.8  # m/s2: from there on brake lights are lit
_STREETS: dict[tuple[int, tuple[float, float], tuple[str, ...], str, int], tuple[DrivingMap, Street]] = {}
_RENDERERS: dict[tuple[str, tuple[int, int], str], StreetRenderer] = {}
_KEPT = 4


def street_of(driving_map: DrivingMap, frames: Iterable[Frame], weather: str = "day", seed: int = 0) -> Street:
    """The street around the middle of a drive; every connector whose light any frame reports is signalised."""
    return street_from_outlines(outlines_of(driving_map), frames, weather, seed)


def street_from_outlines(
    outlines: RoadOutlines, frames: Iterable[Frame], weather: str = "day", seed: int = 0, ahead: float = 0.0
) -> Street:
    """As :func:`street_of`, from shapes that are there already; ``ahead``: how many metres beyond the frames the drive may lead."""
    frames = list(frames)
    poses = np.stack([frame.ego_pose for frame in frames])
    middle = (poses[:, :2].min(axis=0) + poses[:, :2].max(axis=0)) / 2
    span = float(np.ptp(poses[:, :2], axis=0).max())
    signalised = tuple(sorted({connector for frame in frames for connector, _ in frame.traffic_lights}))
    return build_street(outlines, (float(middle[0]), float(middle[1])), signalised, weather, seed, reach=REACH + span / 2 + ahead)


def state_of(frame: Frame, before: Frame | None = None) -> StreetState:
    """The moment of a frame; with the frame ``before`` it, vehicles that slow down show their brake lights."""
    boxes = frame.global_boxes
    braking = frozenset[str]()
    if before is not None:
        seconds = max((frame.timestamp_us - before.timestamp_us) * 1e-6, 1e-3)
        braking = braking_tracks(boxes, before.global_boxes, seconds)
    return StreetState(boxes, frame.ego_pose, dict(frame.traffic_lights), braking, frame.timestamp_us)


def braking_tracks(boxes: Boxes, before: Boxes, seconds: float) -> frozenset[str]:
    """Tracks whose speed has fallen by more than BRAKING since ``before``, and vehicles that have just come to a stand."""
    speeds = dict(zip(before.track_tokens, np.hypot(before.velocity[:, 0], before.velocity[:, 1])))
    now = np.hypot(boxes.velocity[:, 0], boxes.velocity[:, 1])
    return frozenset(token for token, speed in zip(boxes.track_tokens, now) if (speeds.get(token, speed) - speed) / seconds > BRAKING)


def render(
    state: StreetState,
    driving_map: DrivingMap,
    camera: CameraPose,
    size: tuple[int, int] = (256, 144),
    weather: str = "day",
    seed: int = 0,
    signalised: Iterable[str] = (),
) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: what ``camera`` sees at ``state``. Streets and renderers are kept between calls while the ego stays within 60 m; whoever renders a whole drive had better keep a StreetRenderer."""
    x, y = (float(60.0 * np.round(value / 60.0)) for value in state.ego_pose[:2])
    lights = tuple(sorted({*signalised, *state.lights}))
    key = (id(driving_map), (x, y), lights, weather, seed)
    if key not in _STREETS:
        while len(_STREETS) >= _KEPT:
            _STREETS.pop(next(iter(_STREETS)))
        _STREETS[key] = driving_map, build_street(outlines_of(driving_map), (x, y), lights, weather, seed)
    kept = (camera.name, size, str(camera.matrix.tobytes()))
    if kept not in _RENDERERS:
        while len(_RENDERERS) >= _KEPT * 2:
            _RENDERERS.pop(next(iter(_RENDERERS)))
        _RENDERERS[kept] = StreetRenderer([camera], size)
    renderer = _RENDERERS[kept]
    renderer.load(_STREETS[key][1])
    return renderer.picture(camera.name, state)
