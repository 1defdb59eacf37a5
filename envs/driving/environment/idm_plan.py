"""A plan that follows the route's centreline at the pace of the intelligent driver model (Treiber, Hennecke and Helbing 2000): behind what is ahead, to a stand before a red light, slower in bends."""

from __future__ import annotations

from typing import Final

import numpy as np

from envs.driving.closed_loop.route import Lead, RouteLine
from envs.driving.environment.ego_status import POSES
from envs.driving.scene import Floats
from envs.driving.state import State
from envs.driving.vehicle.parameters import PACIFICA

HEADWAY_S, GAP_M, ACCELERATE, BRAKE, EXPONENT = 1.5, 2.0, 1.5, 3.0, 4.0
LATERAL: Final = 2.5
"""m/s2 that a bend may take."""
_DT: Final = 0.1


def idm_plan(route: RouteLine, state: Floats, limit: float, lead: Lead | None, light_m: float | None) -> Floats:
    """(8, 3) global poses of the rear axle at 2 Hz.

    ``state`` (11,); ``limit``: m/s; ``lead`` and ``light_m`` (metres to a red light's stop line) are seen from the bumper.
    """
    here, _ = route.position(state[:2])
    offset = _signed_offset(route, state, here)
    speed = max(float(state[State.VX]), 0.0)
    obstacles = []
    if lead is not None:
        obstacles.append((here + PACIFICA.front + lead.gap, max(lead.speed, 0.0)))
    if light_m is not None and (light_m > 0.0 and speed**2 / (2 * 4.5) < light_m + 1.0):  # one that can still be stopped for
        obstacles.append((here + PACIFICA.front + light_m, 0.0))
    along, poses = here, []
    for step in range(1, round(POSES * 0.5 / _DT) + 1):
        wanted = min(limit, _bend_speed(route, along, speed))
        acceleration = ACCELERATE * (1.0 - (speed / max(wanted, 0.5)) ** EXPONENT)
        for number, (at, other) in enumerate(obstacles):
            gap = max(at - along - PACIFICA.front, 0.1)
            safe = GAP_M + max(0.0, speed * HEADWAY_S + speed * (speed - other) / (2.0 * np.sqrt(ACCELERATE * BRAKE)))
            acceleration = min(acceleration, ACCELERATE * (1.0 - (speed / max(wanted, 0.5)) ** EXPONENT - (safe / gap) ** 2))
            obstacles[number] = (at + other * _DT, other)
        speed = max(0.0, speed + max(acceleration, -6.0) * _DT)
        along += speed * _DT
        if step % 5 == 0:
            pose = route.point(along)
            left = np.array([-np.sin(pose[2]), np.cos(pose[2])])
            share = np.exp(-(along - here) / 12.0)  # back to the line within some metres
            poses.append([*(pose[:2] + share * offset * left), pose[2]])
    return np.array(poses)


def _signed_offset(route: RouteLine, state: Floats, here: float) -> float:
    pose = route.point(here)
    return float(-(state[0] - pose[0]) * np.sin(pose[2]) + (state[1] - pose[1]) * np.cos(pose[2]))


def _bend_speed(route: RouteLine, along: float, speed: float) -> float:
    """The least speed that the bends of the next two seconds allow."""
    first = min(max(int(along), 0), len(route.bends) - 1)
    worst = float(route.bends[first : first + 5 + int(2.0 * speed)].max())
    return float((LATERAL / max(worst, 1e-3)) ** 0.5)
