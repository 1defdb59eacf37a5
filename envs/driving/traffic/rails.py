"""The vehicles that can react, and the lanes they run on like trains on rails (navsim's navsim_idm_agents_builder.py): each follows the baseline of the lane or connector where it starts.

A vehicle reacts if its centre is on a lane (or, in an intersection, on a connector), at most 3 m from the baseline, and its box, put onto the baseline, touches neither the ego nor an earlier one. Some of the others stay where they
are; the rest are not there after the first step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from envs.driving.map import DrivingMap, Layer
from envs.driving.ragged import offsets_of
from envs.driving.scene import Floats
from envs.driving.scoring.footprint import box_corners
from envs.driving.scoring.overlap import boxes_touch
from envs.driving.traffic.tracks import Moment

TARGET_SPEED = 10.0
SNAP_M = 3.0
PARKED_SPEED = 0.1
HEADING_STEP_M = 0.5
SAME_POINT_M = 1e-8
SHAPE_TOLERANCE_M = 1e-3


@dataclass(frozen=True, eq=False)
class Rails:
    """``A`` vehicles that react, and ``S`` that stay.

    ``agents`` (A,) and ``stay`` (S,): their numbers among the objects of the first moment, in its order. Path i is ``path[offsets[i] : offsets[i + 1]]`` (n, 3) x, y, unwrapped heading, at arc lengths ``progress`` (n,); ``shape``,
    ``shape_progress``, ``shape_offsets``: the same line without vertices that bend it by less than a millimetre. ``start`` (A,) m; ``speed`` (A,) m/s; ``target`` (A,) m/s; ``size`` (A, 2); ``start_box`` (A, 4, 2).
    """

    agents: NDArray[np.int64]
    stay: NDArray[np.int64]
    path: Floats
    progress: Floats
    offsets: NDArray[np.int64]
    shape: Floats
    shape_progress: Floats
    shape_offsets: NDArray[np.int64]
    start: Floats
    speed: Floats
    target: Floats
    size: Floats
    start_box: Floats
    lane_rows: NDArray[np.int64]


def snapped(line: shapely.LineString, x: float, y: float) -> tuple[float, Floats]:
    """(arc length, pose (3,)) of the point of ``line`` nearest to (x, y); its heading is that of the next half metre (nuPlan's get_nearest_pose_from_position)."""
    along = float(line.project(shapely.Point(x, y)))
    here, there = line.interpolate(along), line.interpolate(along + HEADING_STEP_M)
    if here == there:
        there, here_first = line.interpolate(along - HEADING_STEP_M), False
    else:
        here_first = True
    dx, dy = (there.x - here.x, there.y - here.y) if here_first else (here.x - there.x, here.y - there.y)
    return along, np.array([here.x, here.y, np.arctan2(dy, dx)])


def starting_lane(driving_map: DrivingMap, pose: Floats) -> tuple[int, float, Floats] | None:
    """(row of the lane or connector, arc length, pose on its baseline) where a vehicle at ``pose`` (3,) starts; of several, that whose heading is nearest, by a difference that nuPlan does not wrap. None off the lanes."""
    point = pose[None, :2]
    lanes = driving_map.layer(Layer.LANE).containing(point)[1]
    if len(lanes):
        rows = lanes
    elif driving_map.layer(Layer.INTERSECTION).contains_any(point)[0]:
        rows = driving_map.layer(Layer.LANE_CONNECTOR).containing(point)[1] + driving_map.lanes.n_lanes
    else:
        return None
    if not len(rows):
        return None
    found = [snapped(shapely.LineString(driving_map.lanes.baselines.line(int(row))), pose[0], pose[1]) for row in rows]
    best = int(np.argmin([abs(on_path[2] - pose[2]) for _, on_path in found]))
    return int(rows[best]), *found[best]


def rail_of(driving_map: DrivingMap, rows: list[int]) -> tuple[Floats, Floats]:
    """(path (n, 3) x, y, unwrapped heading; arc lengths (n,)) along the baselines of ``rows``. As in nuPlan, the last vertex is lost, and of equal neighbours the first."""
    path = np.concatenate([driving_map.lanes.baselines.path(row) for row in rows])
    steps = np.hypot(*np.diff(path[:, :2], axis=0).T)
    progress = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.flatnonzero(steps > SAME_POINT_M)
    path = path[kept]
    path[:, 2] = np.unwrap(path[:, 2])
    return path, progress[kept]


def _simplified(path: Floats, progress: Floats) -> tuple[Floats, Floats]:
    """The polyline without vertices that matter less than a millimetre, and their arc lengths."""
    line = shapely.LineString(path[:, :2])
    coarse = shapely.get_coordinates(line.simplify(SHAPE_TOLERANCE_M, preserve_topology=False))
    kept, at = [], 0
    for x, y in coarse:
        while path[at, 0] != x or path[at, 1] != y:
            at += 1
        kept.append(at)
    return np.ascontiguousarray(path[kept, :2]), progress[kept]


def box_at(pose: Floats, size: Floats) -> Floats:
    """(4, 2) corners of a box of ``size`` (2,) length and width around ``pose`` (3,)."""
    out = np.empty((4, 2))
    box_corners(pose[0], pose[1], pose[2], size[0] / 2.0, size[1] / 2.0, out)
    return out


def build_rails(now: Moment, driving_map: DrivingMap, ego_corners: Floats, ego_speed: float = 0.0) -> Rails:
    """The rails of the vehicles of ``now``, the current frame. ``ego_corners`` (>= 4, 2); ``ego_speed`` m/s stands in for a velocity that is NaN."""
    agents, stay, lanes, starts, speeds, targets, boxes = [], [], [], [], [], [], []
    occupied = [np.ascontiguousarray(ego_corners[:4])]
    paths: list[tuple[Floats, Floats]] = []
    target = TARGET_SPEED
    for i in (k for k, name in enumerate(now.names) if name == "vehicle"):
        pose, speed = now.poses[i], float(np.hypot(*now.velocity[i]))
        lane = starting_lane(driving_map, pose)
        off_lanes = not len(driving_map.layer(Layer.LANE).containing(pose[None, :2])[1])
        off_lanes = off_lanes and not driving_map.layer(Layer.INTERSECTION).contains_any(pose[None, :2])[0]
        deviation = None if lane is None else float(np.hypot(lane[2][0] - pose[0], lane[2][1] - pose[1]))
        if lane is not None and deviation is not None and deviation <= SNAP_M:
            box = box_at(lane[2], now.size[i])
            rail = rail_of(driving_map, [lane[0]])
            if len(rail[1]) > 1 and not any(boxes_touch(box, other) for other in occupied):
                occupied.append(box)
                # a lane without limit inherits the target of the agent built before it, as in navsim
                target = driving_map.speed_limit(lane[0]) or target
                agents.append(i)
                lanes.append(lane[0])
                paths.append(rail)
                starts.append(lane[1])
                speeds.append(ego_speed if np.isnan(speed) else speed)
                targets.append(target)
                boxes.append(box)
                continue
        if (speed < PARKED_SPEED and off_lanes) or (deviation is not None and deviation > SNAP_M):
            stay.append(i)
    shapes = [_simplified(*rail) for rail in paths]
    return Rails(
        agents=np.array(agents, np.int64),
        stay=np.array(stay, np.int64),
        path=np.concatenate([np.zeros((0, 3)), *(path for path, _ in paths)]),
        progress=np.concatenate([np.zeros(0), *(progress for _, progress in paths)]),
        offsets=offsets_of([len(path) for path, _ in paths]),
        shape=np.concatenate([np.zeros((0, 2)), *(shape for shape, _ in shapes)]),
        shape_progress=np.concatenate([np.zeros(0), *(progress for _, progress in shapes)]),
        shape_offsets=offsets_of([len(shape) for shape, _ in shapes]),
        start=np.array(starts, np.float64),
        speed=np.array(speeds, np.float64),
        target=np.array(targets, np.float64),
        size=now.size[agents].reshape(-1, 2).astype(np.float64),
        start_box=np.array(boxes, np.float64).reshape(-1, 4, 2),
        lane_rows=np.array(lanes, np.int64),
    )
