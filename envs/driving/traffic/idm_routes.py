"""Where the vehicles of corrected traffic drive: routes that go on beyond the lane, the pace of each stretch, and the stop lines of its lights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.driving.map import DrivingMap
from envs.driving.ragged import offsets_of
from envs.driving.scene import Floats, TrafficLights
from envs.driving.traffic.rails import SNAP_M, starting_lane
from envs.driving.traffic.tracks import Moment

ROUTE_M = 250.0
FALLBACK_SPEED = 10.0
LATERAL_ACCELERATION = 2.5
SLOW_DOWN = 1.5
MIN_SPEED = 2.0
SAME_POINT_M = 1e-6
NEAR_M, WAITING_M = 5.0, 80.0


@dataclass(frozen=True, eq=False)
class IdmRoutes:
    """``A`` vehicles with routes. ``agents`` (A,): their numbers in the first moment; path i is ``path[offsets[i] : offsets[i + 1]]`` (n, 3) x, y, unwrapped heading at arc lengths ``progress`` (n,), to be driven at most at
    ``limit`` (n,) m/s; ``start``, ``speed`` (A,); ``size`` (A, 2); ``offset`` (A,) m to the left of the path.

    Its stop lines are ``stops[stop_offsets[i] : stop_offsets[i + 1]]`` (m,), arc lengths where the connectors ``stop_connectors`` (m,) begin.
    """

    agents: NDArray[np.int64]
    path: Floats
    progress: Floats
    limit: Floats
    offsets: NDArray[np.int64]
    start: Floats
    speed: Floats
    size: Floats
    offset: Floats
    stops: Floats
    stop_offsets: NDArray[np.int64]
    stop_connectors: tuple[str, ...]

    def red(self, lights: TrafficLights) -> NDArray[np.bool_]:
        """(m,): which of the stop lines are closed under ``lights``."""
        closed = {connector for connector, is_red in lights if is_red}
        return np.array([connector in closed for connector in self.stop_connectors], bool)


def route_from(driving_map: DrivingMap, row: int, along: float, length: float = ROUTE_M) -> list[int]:
    """Rows of the lanes and connectors from ``row`` on, ``length`` m beyond ``along``; at a fork the way that turns least."""
    lines = driving_map.lanes.baselines
    rows, rest = [row], length + along - float(lines.lengths[row])
    while rest > 0.0 and driving_map.lanes.successors[rows[-1]]:
        following = min(driving_map.lanes.successors[rows[-1]], key=lambda option: abs(_turn(lines.path(option))))
        if following in rows:
            break
        rows.append(following)
        rest -= float(lines.lengths[following])
    return rows


def _turn(path: Floats) -> float:
    turn = path[-1, 2] - path[0, 2]
    return float(np.arctan2(np.sin(turn), np.cos(turn)))


def pace(path: Floats, progress: Floats, limits: Floats) -> Floats:
    """(n,) m/s: the limits, less in curves, and slowed down to in time."""
    step = np.maximum(np.diff(progress), SAME_POINT_M)
    curvature = np.abs(np.append(np.diff(path[:, 2]) / step, 0.0))
    paces = np.minimum(limits, np.maximum(np.sqrt(LATERAL_ACCELERATION / np.maximum(curvature, 1e-6)), MIN_SPEED))
    for i in range(len(paces) - 2, -1, -1):
        paces[i] = min(paces[i], np.sqrt(paces[i + 1] ** 2 + 2.0 * SLOW_DOWN * step[i]))
    return paces


def build_routes(
    now: Moment, driving_map: DrivingMap, standing: NDArray[np.bool_] | None = None, red_connectors: Collection[str] = (), length: float = ROUTE_M
) -> IdmRoutes:  # fmt: skip
    """Routes for the vehicles of ``now`` that are on a lane or connector; the others keep what the log says.

    ``standing`` (n,): objects that the log never sees move. A vehicle among them is parked, and gets no route, unless one of the ``red_connectors`` (red at some time) lies before it. ``length`` [m]: how far routes go on.
    """
    parts: list[tuple[Floats, Floats, Floats]] = []
    agents, start, speeds, aside, stops, connectors, stop_counts = [], [], [], [], [], [], []
    for i in (k for k, name in enumerate(now.names) if name == "vehicle"):
        lane = starting_lane(driving_map, now.poses[i])
        if lane is None or np.hypot(*(lane[2][:2] - now.poses[i, :2])) > SNAP_M:
            continue
        row, along, snapped = lane
        rows = route_from(driving_map, row, along, length)
        pieces = [driving_map.lanes.baselines.path(each) for each in rows]
        path = np.concatenate(pieces)
        steps = np.hypot(*np.diff(path[:, :2], axis=0).T)
        kept = np.append(steps > SAME_POINT_M, True)
        progress = np.concatenate([[0.0], np.cumsum(steps)])
        first = offsets_of([len(piece) for piece in pieces])[:-1]
        limits = np.concatenate([np.full(len(piece), driving_map.speed_limit(each) or FALLBACK_SPEED) for each, piece in zip(rows, pieces)])
        lit = [(progress[at], driving_map.lanes.ids[each]) for each, at in zip(rows, first) if driving_map.lanes.is_connector(each)]
        held = any(name in red_connectors and along - NEAR_M < at < along + WAITING_M for at, name in lit)
        if standing is not None and standing[i] and not held:
            continue
        path, progress, limits = path[kept], progress[kept], limits[kept]
        path[:, 2] = np.unwrap(path[:, 2])
        parts.append((path, progress, pace(path, progress, limits)))
        agents.append(i)
        start.append(along)
        speed = float(np.hypot(*now.velocity[i]))
        speeds.append(0.0 if np.isnan(speed) else speed)
        dx, dy = now.poses[i, :2] - snapped[:2]
        aside.append(dy * np.cos(snapped[2]) - dx * np.sin(snapped[2]))
        stops += [at for at, _ in lit]
        connectors += [name for _, name in lit]
        stop_counts.append(len(lit))
    return IdmRoutes(
        agents=np.array(agents, np.int64),
        path=np.concatenate([np.zeros((0, 3)), *(path for path, _, _ in parts)]),
        progress=np.concatenate([np.zeros(0), *(progress for _, progress, _ in parts)]),
        limit=np.concatenate([np.zeros(0), *(limit for _, _, limit in parts)]),
        offsets=offsets_of([len(path) for path, _, _ in parts]),
        start=np.array(start, np.float64),
        speed=np.array(speeds, np.float64),
        size=now.size[agents].reshape(-1, 2).astype(np.float64),
        offset=np.array(aside, np.float64),
        stops=np.array(stops, np.float64),
        stop_offsets=offsets_of(stop_counts),
        stop_connectors=tuple(connectors),
    )
