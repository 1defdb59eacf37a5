"""A logged drive that goes on around an ego which is no longer the log's: everybody keeps to the path that the log saw, vehicles at a pace that keeps a distance to whatever is ahead of them, the ego included.

Vehicles that the log sees only later appear when it does, unless the ego stands there; those that it loses go on straight. Pedestrians, cyclists and static things do what the log says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from envs.driving.closed_loop.route import RouteLine
from envs.driving.scene import FRAME_PERIOD_S, Boxes, Floats, Frame
from envs.driving.vehicle.parameters import PACIFICA

_DT = 0.1
_HEADWAY_S, _GAP_M, _ACCELERATE, _BRAKE = 1.5, 2.0, 1.5, 3.0
_BEYOND_M = 60.0


@dataclass
class _Follower:
    """A vehicle on its logged path: ``along`` it by so many metres."""

    path: RouteLine
    paces: Floats  # (n,) m/s that the log had at the path's vertices
    along: float
    speed: float
    acceleration: float = 0.0


class LogWorld:
    """``frames``: the log at 2 Hz from now on; ``name`` of the traffic: "log-path-idm"."""

    name = "log-path-idm"

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = list(frames)
        self._tracks = _tracks(self._frames)
        self._step = 0
        self._followers: dict[str, _Follower] = {}
        self._now = self._compose()

    def boxes(self) -> Boxes:
        return self._now

    def lights(self) -> Mapping[str, str]:
        frame = self._frames[min(self._step // 5, len(self._frames) - 1)]
        return {name: "red" if red else "green" for name, red in frame.traffic_lights}

    def step(self, ego_pose: Floats, ego_speed: float) -> None:
        ego = _ego_box(ego_pose, ego_speed)
        everybody = _joined(self._now, ego)
        for token, follower in self._followers.items():
            self._follow(token, follower, everybody)
        self._step += 1
        self._now = self._compose(ego)

    def _follow(self, token: str, follower: _Follower, everybody: Boxes) -> None:
        k = everybody.track_tokens.index(token)
        others = everybody.select([i for i in range(len(everybody)) if i != k])
        half = float(everybody.size[k, 0]) / 2
        front = follower.path.point(follower.along + half)[:2]
        lead = follower.path.lead(front, others, half_width=float(everybody.size[k, 1]) / 2 - 0.1, reach=50.0)
        wanted = float(np.interp(follower.along, follower.path.along, follower.paces))
        limit = max(wanted, 0.3)
        acceleration = _ACCELERATE * (1.0 - (follower.speed / limit) ** 4)
        if lead is not None:
            closing = follower.speed * (follower.speed - lead.speed) / (2.0 * np.sqrt(_ACCELERATE * _BRAKE))
            safe = _GAP_M + max(0.0, follower.speed * _HEADWAY_S + closing)
            acceleration = min(acceleration, _ACCELERATE * (1.0 - (safe / max(lead.gap, 0.1)) ** 2))
        if wanted < 0.3:  # the log stands here
            acceleration = min(acceleration, -follower.speed)
        speed = max(0.0, follower.speed + float(np.clip(acceleration, -6.0, 2.5)) * _DT)
        follower.along += 0.5 * (speed + follower.speed) * _DT
        follower.speed = speed

    def _compose(self, ego: Boxes | None = None) -> Boxes:
        time = self._step * _DT
        rows: list[tuple[str, str, Floats, Floats, float, Floats]] = []
        for token, track in self._tracks.items():
            if token not in self._followers and not track.times[0] - 1e-6 <= time <= track.times[-1] + 1e-6:
                continue
            if track.name != "vehicle":
                pose, velocity = track.at(time)
                rows.append((token, track.name, pose, track.size, 0.0, velocity))
                continue
            if token not in self._followers:
                if ego is not None and float(np.hypot(*(track.at(time)[0][:2] - ego.xyz[0, :2]))) < 8.0:
                    continue
                self._followers[token] = track.follower(time)
            follower = self._followers[token]
            pose = follower.path.point(follower.along) if track.moves else track.at(time)[0]
            direction = np.array([np.cos(pose[2]), np.sin(pose[2])])
            rows.append((token, track.name, pose, track.size, 0.0, follower.speed * direction))
        if not rows:
            return Boxes.none()
        poses = np.stack([row[2] for row in rows])
        size = np.stack([row[3] for row in rows])
        velocity = np.column_stack([np.stack([row[5] for row in rows]), np.zeros(len(rows))])
        return Boxes(
            np.column_stack([poses[:, :2], size[:, 2] / 2]), size, poses[:, 2], velocity, tuple(row[1] for row in rows), tuple(row[0] for row in rows)
        )  # fmt: skip


@dataclass(frozen=True)
class _Track:
    """What the log saw of one object: ``poses`` (n, 3) at ``times`` (n,) s."""

    name: str
    size: Floats
    times: Floats
    poses: Floats
    velocities: Floats

    @property
    def moves(self) -> bool:
        return len(self.times) > 1 and float(np.hypot(*np.ptp(self.poses[:, :2], axis=0))) > 1.0

    def at(self, time: float) -> tuple[Floats, Floats]:
        """(pose (3,), velocity (2,)) at ``time``, the ends held."""
        columns = [np.interp(time, self.times, self.poses[:, axis]) for axis in (0, 1)]
        heading = np.interp(time, self.times, np.unwrap(self.poses[:, 2]))
        return np.array([*columns, heading]), np.array([np.interp(time, self.times, self.velocities[:, axis]) for axis in (0, 1)])

    def follower(self, time: float) -> _Follower:
        """On the logged path, which goes on straight beyond its end."""
        points = [self.poses[0, :2]]
        paces = [float(np.hypot(*self.velocities[0]))]
        for pose, velocity in zip(self.poses[1:], self.velocities[1:]):
            pace = float(np.hypot(*velocity))
            if np.hypot(*(pose[:2] - points[-1])) > 0.3:
                points.append(pose[:2])
                paces.append(pace)
            else:
                paces[-1] = min(paces[-1], pace)
        heading = float(self.poses[-1, 2])
        points.append(points[-1] + _BEYOND_M * np.array([np.cos(heading), np.sin(heading)]))
        paces.append(paces[-1])
        path = RouteLine(np.ascontiguousarray(np.array(points)))
        pose, velocity = self.at(time)
        return _Follower(path, np.array(paces), path.position(pose[:2])[0], float(np.hypot(*velocity)))


def _tracks(frames: Sequence[Frame]) -> dict[str, _Track]:
    seen: dict[str, list[tuple[float, str, Floats, Floats, Floats]]] = {}
    for number, frame in enumerate(frames):
        boxes = frame.global_boxes
        for k, token in enumerate(boxes.track_tokens):
            pose = np.array([boxes.xyz[k, 0], boxes.xyz[k, 1], boxes.heading[k]])
            seen.setdefault(token, []).append((number * FRAME_PERIOD_S, boxes.names[k], boxes.size[k], pose, boxes.velocity[k, :2]))
    return {
        token: _Track(
            rows[0][1], rows[0][2], np.array([r[0] for r in rows]), np.stack([r[3] for r in rows]), np.stack([r[4] for r in rows])
        )
        for token, rows in sorted(seen.items())
    }


def _ego_box(pose: Floats, speed: float) -> Boxes:
    cos, sin = np.cos(pose[2]), np.sin(pose[2])
    centre = np.array([[pose[0] + PACIFICA.rear_axle_to_centre * cos, pose[1] + PACIFICA.rear_axle_to_centre * sin, 0.9]])
    size = np.array([[PACIFICA.length, PACIFICA.width, 1.8]])
    return Boxes(centre, size, np.array([pose[2]]), np.array([[speed * cos, speed * sin, 0.0]]), ("vehicle",), ("ego",))


def _joined(one: Boxes, two: Boxes) -> Boxes:
    return Boxes(
        np.vstack([one.xyz, two.xyz]), np.vstack([one.size, two.size]), np.concatenate([one.heading, two.heading]),
        np.vstack([one.velocity, two.velocity]), (*one.names, *two.names), (*one.track_tokens, *two.track_tokens),
    )  # fmt: skip
