"""One explicit Euler step of the kinematic bicycle at the rear axle, with lags on acceleration and steering (navsim's batch_kinematic_bicycle.py)."""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel
from envs.driving.vehicle.parameters import PACIFICA

ACCELERATION_LAG_S = 0.2
STEERING_LAG_S = 0.05
MAX_STEER = np.pi / 3
WHEELBASE = PACIFICA.wheelbase


@kernel
def step_bicycle(state, acceleration, steering_rate, dt, out):
    """``out`` (11,) is ``state`` (11,) after ``dt`` s of the commands. Position and heading use the old speed, heading and steering; lateral velocity and acceleration become 0; the speed may become negative."""
    x, y, heading, v, a, steer, omega = state[0], state[1], state[2], state[3], state[5], state[7], state[9]
    new_a = dt / (dt + ACCELERATION_LAG_S) * (acceleration - a) + a
    ideal = dt * steering_rate + steer
    lagged = dt / (dt + STEERING_LAG_S) * (ideal - steer) + steer
    rate = (lagged - steer) / dt
    new_v = v + new_a * dt
    new_steer = min(max(steer + rate * dt, -MAX_STEER), MAX_STEER)
    new_omega = new_v * np.tan(new_steer) / WHEELBASE
    turned = heading + v * np.tan(steer) / WHEELBASE * dt
    out[0] = x + v * np.cos(heading) * dt
    out[1] = y + v * np.sin(heading) * dt
    out[2] = (turned + np.pi) % (2.0 * np.pi) - np.pi
    out[3] = new_v
    out[4] = 0.0
    out[5] = new_a
    out[6] = 0.0
    out[7] = new_steer
    out[8] = rate
    out[9] = new_omega
    out[10] = (new_omega - omega) / dt
