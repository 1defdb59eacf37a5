"""The LQR tracker: longitudinal and lateral commands for one step (nuPlan's LQRTracker, as navsim's batch_lqr.py runs it).

The reference's speed and curvature come from two regularised least squares. Both are solved here in an exact but cheaper form: the speeds' normal matrix does not depend on the reference, so its inverse is made once; in terms of
the curvature *profile* the second system is tridiagonal.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.vehicle.parameters import PACIFICA

JERK_PENALTY = 1e-4
CURVATURE_RATE_PENALTY = 1e-2
INITIAL_CURVATURE_PENALTY = 1e-10
TRACKING_STEPS = 10
STOPPING_SPEED = 0.2
STOPPING_GAIN = 0.5
LONGITUDINAL_Q = 10.0
LONGITUDINAL_R = 1.0
LATERAL_ERROR_Q = 1.0
HEADING_ERROR_Q = 10.0
STEERING_RATE_R = 1.0
WHEELBASE = PACIFICA.wheelbase


@lru_cache(maxsize=8)
def speed_operator(displacements: int, dt: float = 0.1) -> Floats:
    """The matrix (m, m) that turns the displacements along the heading, m, into the fitted speeds, m/s: ridge regression on the accelerations.

    The official difference matrix overwrites its own upper diagonal, so the "jerk penalty" falls on each acceleration itself, and on a difference only for the last two. Kept.
    """
    integrate = np.tril(np.full((displacements, displacements), dt * dt))
    integrate[:, 0] = dt
    penalised = np.zeros((max(displacements - 2, 0), displacements))
    for row in range(len(penalised)):
        penalised[row, row + 1] = -1.0
    if len(penalised):
        penalised[-1, -1] = 1.0
    inverse = np.linalg.pinv(integrate.T @ integrate + JERK_PENALTY * penalised.T @ penalised)
    operator = integrate / dt @ inverse @ integrate.T
    operator.setflags(write=False)
    return operator


@kernel
def wrap(angle):
    return np.arctan2(np.sin(angle), np.cos(angle))


@kernel
def fit_profiles(reference, operator, dt, speed, curvature):
    """Speeds and curvatures (m,) along ``reference`` (m + 1, 3)."""
    m = len(speed)
    along = np.empty(m)
    for i in range(m):
        heading = reference[i, 2]
        dx, dy = reference[i + 1, 0] - reference[i, 0], reference[i + 1, 1] - reference[i, 1]
        along[i] = np.cos(heading) * dx + np.sin(heading) * dy
    for i in range(m):
        total = 0.0
        for j in range(m):
            total += operator[i, j] * along[j]
        speed[i] = total

    # min_k sum (turn_i - dt v_i k_i)^2 + penalty sum ((k_i+1 - k_i) / dt)^2 + tiny k_0^2: tridiagonal, solved by elimination
    stiffness = CURVATURE_RATE_PENALTY / (dt * dt)
    factor, shifted = np.empty(m), np.empty(m)
    for i in range(m):
        weight = dt * speed[i]
        diagonal = weight * weight
        if i == 0:
            diagonal += INITIAL_CURVATURE_PENALTY
        if i > 0:
            diagonal += stiffness
        if i < m - 1:
            diagonal += stiffness
        target = weight * wrap(reference[i + 1, 2] - reference[i, 2])
        if i > 0:
            diagonal -= stiffness * factor[i - 1]
            target += stiffness * shifted[i - 1]
        factor[i] = stiffness / diagonal
        shifted[i] = target / diagonal
    curvature[m - 1] = shifted[m - 1]
    for i in range(m - 2, -1, -1):
        curvature[i] = shifted[i] + factor[i] * curvature[i + 1]


@kernel
def track(state, reference, step, speed, curvature, dt):
    """Commanded acceleration (m/s2) and steering rate (rad/s) at ``step`` of ``reference`` (m + 1, 3) for ``state`` (11,)."""
    v = state[3]
    ahead = min(step + TRACKING_STEPS, len(speed) - 1)
    target = speed[ahead]
    if target <= STOPPING_SPEED and v <= STOPPING_SPEED:
        return -STOPPING_GAIN * (v - target), 0.0

    span = TRACKING_STEPS * dt
    acceleration = -1.0 / (span * LONGITUDINAL_Q * span + LONGITUDINAL_R) * span * LONGITUDINAL_Q * (v - target)

    heading = reference[step, 2]
    dx, dy = state[0] - reference[step, 0], state[1] - reference[step, 1]
    lateral = -dx * np.sin(heading) + dy * np.cos(heading)
    turned = wrap(state[2] - heading)
    steer = state[7]
    input_lateral, input_turned, input_steer = 0.0, 0.0, 0.0
    for k in range(TRACKING_STEPS):
        speed_k = v + k * dt * acceleration
        curvature_k = curvature[min(step + k, ahead)]
        lateral += speed_k * dt * turned
        input_lateral += speed_k * dt * input_turned
        turned += speed_k * dt / WHEELBASE * steer - speed_k * curvature_k * dt
        input_turned += speed_k * dt / WHEELBASE * input_steer
        input_steer += dt
    turned = wrap(turned)
    weight = LATERAL_ERROR_Q * input_lateral * input_lateral + HEADING_ERROR_Q * input_turned * input_turned + STEERING_RATE_R
    return acceleration, -(LATERAL_ERROR_Q * input_lateral * lateral + HEADING_ERROR_Q * input_turned * turned) / weight
