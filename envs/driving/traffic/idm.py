"""`idm`: reactive traffic as it should be. Vehicles drive on beyond their lane, stop at red lights, slow down in curves, see the ego where it is now, and never vanish while they are on the map.

The Intelligent Driver Model (Treiber, Hennecke, Helbing, Phys. Rev. E 62, 2000) towards whatever lies first in a vehicle's way: any box in its corridor; of crossing traffic, what the ego and vehicles of lower number will cover within
the next second, so that two never wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats, TrafficLights
from envs.driving.scoring.footprint import HALF_LENGTH, HALF_WIDTH, TO_CENTRE, box_corners
from envs.driving.scoring.objects import STOPPED_SPEED, Objects
from envs.driving.traffic.corridor import quads_touch
from envs.driving.traffic.idm_routes import IdmRoutes
from envs.driving.traffic.tracks import STEPS_PER_FRAME, Tracks

GAP_M = 2.0
HEADWAY_S = 1.5
ACCELERATION = 1.5
COMFORTABLE = 2.0
HARDEST = 6.0
LOOK_M = 60.0
STOP_SHORT_M = 1.0
CROSSING = float(np.cos(np.deg2rad(30.0)))
SWEEP_S = 1.0
RECENTRE_M = 0.05
"""Vehicles beside the middle of their lane come back to it by so much a metre driven."""
STEP_S = 0.1


@kernel
def _idm(speed, target, gap, lead_speed):
    wanted = GAP_M + max(speed * HEADWAY_S + speed * (speed - lead_speed) / (2.0 * np.sqrt(ACCELERATION * COMFORTABLE)), 0.0)
    ratio = wanted / max(gap, 0.1)
    return min(max(ACCELERATION * (1.0 - (speed / max(target, 0.1)) ** 4 - ratio * ratio), -HARDEST), ACCELERATION)


@kernel
def route_pose(path, progress, first, last, s, aside, out):
    """Pose (3,) at arc length ``s``, ``aside`` m to the left; the segment it lies on."""
    i = first
    while i < last - 2 and progress[i + 1] <= s:
        i += 1
    f = (s - progress[i]) / (progress[i + 1] - progress[i])
    heading = path[i, 2] + min(max(f, 0.0), 1.0) * (path[i + 1, 2] - path[i, 2])
    out[0] = path[i, 0] + f * (path[i + 1, 0] - path[i, 0]) - aside * np.sin(heading)
    out[1] = path[i, 1] + f * (path[i + 1, 1] - path[i, 1]) + aside * np.cos(heading)
    out[2] = (heading + np.pi) % (2.0 * np.pi) - np.pi
    return i


@kernel
def _first_in_way(path, progress, segment, last, s, half_width, corners, centre, radius, asked):
    """(number of the first thing in the corridor from arc length ``s`` on, arc length where it begins); -1 for none within LOOK_M. ``asked`` (K,): which count."""
    quad = np.empty((4, 2))
    here = s
    while segment < last - 1 and here < s + LOOK_M:
        ax, ay = path[segment, 0], path[segment, 1]
        dx, dy = path[segment + 1, 0] - ax, path[segment + 1, 1] - ay
        whole = progress[segment + 1] - progress[segment]
        ux, uy = dx / whole, dy / whole
        begin, end = here - progress[segment], whole
        for side in range(2):
            sign = 1.0 if side == 0 else -1.0
            nx, ny = -uy * half_width * sign, ux * half_width * sign
            quad[side, 0], quad[side, 1] = ax + ux * begin + nx, ay + uy * begin + ny
            quad[3 - side, 0], quad[3 - side, 1] = ax + ux * end + nx, ay + uy * end + ny
        mx, my, reach = ax + ux * (begin + end) / 2.0, ay + uy * (begin + end) / 2.0, np.hypot((end - begin) / 2.0, half_width)
        best, found = np.inf, -1
        for k in range(len(radius)):
            if not asked[k] or np.hypot(centre[k, 0] - mx, centre[k, 1] - my) > reach + radius[k]:
                continue
            if quads_touch(quad, corners[k]):
                nearest = np.inf
                for c in range(4):
                    nearest = min(nearest, (corners[k, c, 0] - ax) * ux + (corners[k, c, 1] - ay) * uy)
                at = progress[segment] + max(nearest, begin)
                if at < best:
                    best, found = at, k
        if found >= 0:
            return found, best
        here = progress[segment + 1]
        segment += 1
    return -1, np.inf


@kernel
def advance(
    path, progress, limit, offsets, size, stops, stop_offsets, red, at, speed, aside, alive, pose, corners, centre, radius, heading, pace
):
    """One step of 0.1 s of all agents at once, from what all see now: ``at``, ``speed``, ``aside`` (A,), ``alive`` (A,) and ``pose`` (A, 3) are changed.

    What is in the way: ``corners`` (K, 4, 2), ``centre`` (K, 2), ``radius`` (K,), ``heading`` (K,), ``pace`` (K,) m/s; the first A of them are the agents themselves, the next is the ego.
    """
    n, count = len(at), len(radius)
    asked, swept = np.empty(count, np.bool_), corners.copy()
    swept_centre, swept_radius = centre.copy(), radius.copy()
    new_at, new_speed = at.copy(), speed.copy()
    for k in range(n + 1):  # what the vehicles and the ego will cover
        ahead = max(pace[k], 0.0) * SWEEP_S
        for c in (0, 3):
            swept[k, c, 0] += np.cos(heading[k]) * ahead
            swept[k, c, 1] += np.sin(heading[k]) * ahead
        swept_centre[k, 0] += np.cos(heading[k]) * ahead / 2.0
        swept_centre[k, 1] += np.sin(heading[k]) * ahead / 2.0
        swept_radius[k] += ahead / 2.0
    for i in range(n):
        if not alive[i]:
            continue
        first, last = offsets[i], offsets[i + 1]
        s, v = at[i], speed[i]
        front = s + size[i, 0] / 2.0
        segment = first
        while segment < last - 2 and progress[segment + 1] <= s:
            segment += 1
        half_width = size[i, 1] / 2.0 + min(abs(aside[i]), 0.5)
        for k in range(count):
            asked[k] = k != i and (k >= n or alive[k])
        found, where = _first_in_way(path, progress, segment, last, s, half_width, corners, centre, radius, asked)
        acceleration = _idm(v, limit[segment], np.inf, 0.0)
        if found >= 0:
            lead_speed = max(pace[found] * np.cos(heading[found] - pose[i, 2]), 0.0)
            acceleration = min(acceleration, _idm(v, limit[segment], where - front, lead_speed))
        for k in range(count):
            crossing = k <= n and abs(np.cos(heading[k] - pose[i, 2])) < CROSSING
            asked[k] = asked[k] and crossing and (k < i or k == n) and pace[k] > STOPPED_SPEED
        found, where = _first_in_way(path, progress, segment, last, s, half_width, swept, swept_centre, swept_radius, asked)
        if found >= 0 and where > front:
            acceleration = min(acceleration, _idm(v, limit[segment], where - front, 0.0))
        for r in range(stop_offsets[i], stop_offsets[i + 1]):
            room = stops[r] - front
            if red[r] and room > -0.5 and v * v < 2.0 * HARDEST * max(room, 0.01) + 0.25:
                acceleration = min(acceleration, _idm(v, limit[segment], room - STOP_SHORT_M + GAP_M, 0.0))
        new_speed[i] = max(v + acceleration * STEP_S, 0.0)
        new_at[i] = s + 0.5 * (v + new_speed[i]) * STEP_S
    for i in range(n):
        if not alive[i]:
            continue
        driven = new_at[i] - at[i]
        aside[i] -= min(max(aside[i], -RECENTRE_M * driven), RECENTRE_M * driven)
        at[i], speed[i] = new_at[i], new_speed[i]
        if at[i] >= progress[offsets[i + 1] - 1]:
            alive[i] = False
            continue
        route_pose(path, progress, offsets[i], offsets[i + 1], at[i], aside[i], pose[i])


class Others(Protocol):
    """What does not react, at one moment: ``corners`` (K, 4, 2), ``centre`` (K, 2), ``radius``, ``heading`` and ``speed`` (K,)."""

    corners: Floats
    centre: Floats
    radius: Floats
    heading: Floats
    speed: Floats


class IdmTraffic:
    """Vehicles that react, step by step: :meth:`reset`, then :meth:`step` ten times a second. The same inputs give the same traffic."""

    name = "idm"

    def __init__(self, routes: IdmRoutes) -> None:
        self.routes = routes
        self.reset()

    def reset(self) -> None:
        """Back to the start."""
        routes, n = self.routes, len(self.routes.agents)
        self.at, self.speed, self.aside = routes.start.copy(), routes.speed.copy(), routes.offset.copy()
        self.alive, self.pose = np.ones(n, bool), np.empty((n, 3))
        for i in range(n):
            route_pose(routes.path, routes.progress, routes.offsets[i], routes.offsets[i + 1], self.at[i], self.aside[i], self.pose[i])

    def step(self, ego_state: Floats, lights: TrafficLights | NDArray[np.bool_] = (), others: Others | None = None) -> Floats:
        """Poses (A, 3) of the vehicles' centres 0.1 s later; :attr:`speed` and :attr:`alive` (A,) beside them.

        ``ego_state`` (11,) or longer slices of it from x to vy, rear axle, now; ``lights`` now: (connector, is red) pairs, or a mask over the routes' stop lines; ``others``: what does not react (pedestrians, cyclists, static
        things, vehicles off the lanes).
        """
        routes, n = self.routes, len(self.routes.agents)
        red = lights if isinstance(lights, np.ndarray) else routes.red(lights)
        extra = 0 if others is None else len(others.radius)
        corners, centre = np.empty((n + 1 + extra, 4, 2)), np.empty((n + 1 + extra, 2))
        radius, heading, pace = np.empty(n + 1 + extra), np.empty(n + 1 + extra), np.empty(n + 1 + extra)
        for i in range(n):
            box_corners(self.pose[i, 0], self.pose[i, 1], self.pose[i, 2], routes.size[i, 0] / 2.0, routes.size[i, 1] / 2.0, corners[i])
        centre[:n], heading[:n], pace[:n] = self.pose[:, :2], self.pose[:, 2], self.speed
        radius[:n] = np.hypot(routes.size[:, 0], routes.size[:, 1]) / 2.0
        x, y, turn, vx, vy = ego_state[:5]
        centre[n] = x + TO_CENTRE * np.cos(turn), y + TO_CENTRE * np.sin(turn)
        box_corners(centre[n, 0], centre[n, 1], turn, HALF_LENGTH, HALF_WIDTH, corners[n])
        radius[n], heading[n], pace[n] = np.hypot(HALF_LENGTH, HALF_WIDTH), turn, np.hypot(vx, vy)
        if others is not None:
            corners[n + 1 :], centre[n + 1 :], radius[n + 1 :] = others.corners, others.centre, others.radius
            heading[n + 1 :], pace[n + 1 :] = others.heading, others.speed
        advance(
            routes.path, routes.progress, routes.limit, routes.offsets, routes.size, routes.stops, routes.stop_offsets, red,
            self.at, self.speed, self.aside, self.alive, self.pose, corners, centre, radius, heading, pace,
        )  # fmt: skip
        return self.pose


class _Replayed:
    """The tracks without a route at one step."""

    def __init__(self, tracks: Tracks, logged: Objects, rows: NDArray[np.int64], t: int) -> None:
        here = rows[logged.present[t, rows]]
        before = max(t - 1, 0)
        self.corners, self.centre, self.radius = logged.corners[t, here], logged.centre[t, here], logged.radius[here]
        self.heading = tracks.poses[t, here, 2]
        moved = np.hypot(*(logged.centre[t, here] - logged.centre[before, here]).T) / STEP_S
        self.speed = np.where(logged.present[before, here] & (t > 0), moved, tracks.first_speed[here])


def idm_objects(ego: Floats, routes: IdmRoutes, red: Sequence[NDArray[np.bool_]], tracks: Tracks, logged: Objects) -> Objects:
    """All objects around an ego that drives through ``ego`` (T, 11): vehicles with a route react, everything else moves as ``logged``. ``red``: closed stop lines of each half second."""
    traffic, steps = IdmTraffic(routes), len(ego)
    rest = np.setdiff1d(np.arange(len(tracks.tokens)), routes.agents)
    corners, centre, present = logged.corners[:steps].copy(), logged.centre[:steps].copy(), logged.present[:steps].copy()
    for t in range(1, steps):
        pose = traffic.step(ego[t - 1], red[(t - 1) // STEPS_PER_FRAME], _Replayed(tracks, logged, rest, t - 1))
        for a, k in enumerate(routes.agents):
            present[t, k] = traffic.alive[a]
            centre[t, k] = pose[a, :2]
            box_corners(pose[a, 0], pose[a, 1], pose[a, 2], routes.size[a, 0] / 2.0, routes.size[a, 1] / 2.0, corners[t, k])
    return Objects(corners, centre, present, logged.radius, logged.is_agent, ~logged.is_agent | (tracks.first_speed <= STOPPED_SPEED))
