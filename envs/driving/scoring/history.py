"""The logged past of the ego at 10 Hz, for history comfort."""

from __future__ import annotations

import numpy as np

from envs.driving.scene import Floats, Scene
from envs.driving.state import STATE_SIZE, State
from envs.driving.vehicle.interpolation import sample_path, unwrap

STEP_US = 100_000


def logged_state(scene: Scene, at: int) -> Floats:
    """(11,) state of frame ``at``: pose, velocity and acceleration as logged, in float32 as nuPlan stores them; steering and yaw rate are never logged and count as 0."""
    frame = scene.frames[at]
    state = np.zeros(STATE_SIZE)
    state[: State.VX] = frame.ego_pose
    state[State.VX : State.AX] = np.float32(frame.ego_velocity)
    state[State.AX : State.STEER] = np.float32(frame.ego_acceleration)
    return state


def past_states(scene: Scene) -> Floats:
    """States (h, 11) every 0.1 s from the first frame of the history to about 0.2 s before the current one: 14 of them when the log keeps time, 15 when it runs late (arange over the time stamps, less its last)."""
    known = np.stack([logged_state(scene, at) for at in range(scene.num_history)])
    knots_us = np.array([frame.timestamp_us for frame in scene.history], np.int64)
    times_us = np.arange(knots_us[0], knots_us[-1], STEP_US, dtype=np.int64)[:-1]
    if len(known) < 2 or not len(times_us):
        return np.zeros((0, STATE_SIZE))
    states = np.zeros((len(times_us), STATE_SIZE))
    out = np.empty((len(times_us), 3))
    unwrap(known[:, State.HEADING])
    sample_path(knots_us, np.ascontiguousarray(known[:, :3]), times_us, out)
    states[:, :3] = out
    for column in range(State.VX, State.STEER):
        states[:, column] = np.interp(times_us, knots_us, known[:, column])
    return states
