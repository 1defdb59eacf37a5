"""Corrected traffic as the closed loop wants it (``traffic=idm`` of ``driving/ClosedLoop-v0``): everybody but the ego, stepped ten times a second, for as long as the loop lasts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from envs.driving.map import DrivingMap
from envs.driving.scene import FRAME_PERIOD_S, Boxes, Floats, Scene, TrafficLights
from envs.driving.state import STATE_SIZE, State
from envs.driving.traffic.idm import IdmTraffic
from envs.driving.traffic.idm_routes import ROUTE_M, build_routes
from envs.driving.traffic.rails import box_at
from envs.driving.traffic.tracks import STEPS_PER_FRAME, Tracks, moment, tracks_of

FASTEST = 25.0
"""m/s for which routes are long enough until the log ends: nobody is to vanish while there is road."""


class _Rest:
    """What does not react, at one moment."""

    def __init__(self, poses: Floats, size: Floats, speed: Floats) -> None:
        self.corners = np.stack([box_at(pose, extent) for pose, extent in zip(poses, size)]) if len(poses) else np.zeros((0, 4, 2))
        self.centre, self.heading, self.speed = poses[:, :2], poses[:, 2], speed
        self.radius = np.hypot(size[:, 0], size[:, 1]) / 2.0


class IdmWorld:
    """The traffic of ``scene`` from its current frame on: vehicles on lanes react (:class:`IdmTraffic`), everything else moves as the log saw it, and straight on after the log's end; lights keep their last state.

    Vehicles that the log sees drive up only later stay away, as in nuPlan's closed loop: replayed, they would run into whoever is not where the log had him.
    """

    name = IdmTraffic.name

    def __init__(self, scene: Scene, driving_map: DrivingMap) -> None:
        frames = range(scene.horizon + 1)
        moments = [moment(scene, k) for k in frames]
        self._lights: list[TrafficLights] = [scene.lights(k) for k in frames]
        self._tracks: Tracks = tracks_of(moments) if len(moments) > 1 else tracks_of([moments[0], moments[0]])
        red = {connector for status in self._lights for connector, is_red in status if is_red}
        tracks, length = self._tracks, max(ROUTE_M, FASTEST * FRAME_PERIOD_S * scene.horizon)
        self._traffic = IdmTraffic(build_routes(moments[0], driving_map, tracks.standing[: tracks.now], red, length))
        vehicles = np.array([name == "vehicle" for name in tracks.names], bool)
        late = vehicles & ~tracks.in_first_frame & ~tracks.standing
        self._rest = np.setdiff1d(np.flatnonzero(~late), self._traffic.routes.agents)
        now = scene.objects(0)
        self._heights = {token: (now.xyz[i, 2], now.size[i, 2]) for i, token in enumerate(now.track_tokens)}
        self._instances: dict[str, str] = dict(zip(now.track_tokens, now.instance_tokens))
        self.reset()

    def reset(self) -> None:
        """Back to the current frame."""
        self._traffic.reset()
        self._step = 0

    def lights(self) -> Mapping[str, str]:
        """{lane connector: "red" or "green"} now."""
        status = self._lights[min(self._step // STEPS_PER_FRAME, len(self._lights) - 1)]
        return {connector: "red" if is_red else "green" for connector, is_red in status}

    def step(self, ego_pose: Floats, ego_speed: float) -> None:
        """Go on by 0.1 s; the ego's rear axle is at ``ego_pose`` (x, y, heading), at ``ego_speed`` m/s, at the beginning of the step."""
        state = np.zeros(STATE_SIZE)
        state[: State.VX], state[State.VX] = ego_pose[:3], ego_speed
        status = self._lights[min(self._step // STEPS_PER_FRAME, len(self._lights) - 1)]
        rows, poses, velocity = self._others()
        self._traffic.step(state, status, _Rest(poses, self._tracks.size[rows], np.hypot(velocity[:, 0], velocity[:, 1])))
        self._step += 1

    def _others(self) -> tuple[np.ndarray, Floats, Floats]:
        """(rows of the tracks, poses (n, 3), velocities (n, 2)) of what does not react, now."""
        last = len(self._tracks.present) - 1
        t = min(self._step, last)
        rows = self._rest[self._tracks.present[t, self._rest]]
        poses = self._tracks.poses[t, rows].copy()
        before, after = max(t - 1, 0), min(t + 1, last)
        if t == last:
            after = last
        else:
            before = t
        both = self._tracks.present[before, rows] & self._tracks.present[after, rows] & (after > before)
        velocity = np.where(both[:, None], (self._tracks.poses[after, rows, :2] - self._tracks.poses[before, rows, :2]) / 0.1, 0.0)
        poses[:, :2] += velocity * 0.1 * (self._step - t)
        return rows, poses, velocity

    def boxes(self) -> Boxes:
        """All objects now, global; vehicles that drove off the map are gone."""
        rows, poses, velocity = self._others()
        traffic = self._traffic
        agents = np.flatnonzero(traffic.alive)
        heading = traffic.pose[agents, 2]
        moving = traffic.speed[agents, None] * np.column_stack([np.cos(heading), np.sin(heading)])
        all_rows = np.concatenate([traffic.routes.agents[agents], rows])
        tokens = tuple(self._tracks.tokens[row] for row in all_rows)
        z, height = np.array([self._heights.get(token, (0.8, 1.6)) for token in tokens]).reshape(-1, 2).T
        where = np.concatenate([traffic.pose[agents], poses])
        return Boxes(
            np.column_stack([where[:, :2], z]),
            np.column_stack([self._tracks.size[all_rows], height]),
            where[:, 2],
            np.column_stack([np.concatenate([moving, velocity]), np.zeros(len(where))]),
            tuple(self._tracks.names[row] for row in all_rows),
            tokens,
            tuple(str(self._instances.get(token, token)) for token in tokens),
        )
