"""What the car knows of itself: the state vector that every agent may see, and the action in its frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from envs.driving.scene import Frame, to_local, wrap_angle

HISTORY: Final = 4
POSES: Final = 8
Plan = NDArray[np.float32]
"""(8, 3) x, y, heading at 2 Hz in the ego's frame: an action."""
ACTION_LOW: Final = np.tile(np.array([-40.0, -80.0, -np.pi], np.float32), (POSES, 1))
ACTION_HIGH: Final = np.tile(np.array([160.0, 80.0, np.pi], np.float32), (POSES, 1))
"""Bounds of a plan: 8 poses (x m, y m, heading rad) at 2 Hz in the present rear-axle frame; 40 m/s for 4 s."""


def action_space() -> spaces.Box:
    return spaces.Box(ACTION_LOW, ACTION_HIGH, dtype=np.float32)


def state_space() -> spaces.Dict:
    """See :func:`ego_status`."""
    shapes = {"velocity": (2,), "acceleration": (2,), "command": (4,), "past_poses": (HISTORY, 3), "past_velocities": (HISTORY, 2)}
    return spaces.Dict({name: spaces.Box(-np.inf, np.inf, shape, np.float32) for name, shape in shapes.items()})


def ego_status(history: Sequence[Frame]) -> dict[str, NDArray[np.float32]]:
    """NAVSIM's ego status of the last four frames, as an agent's ``state``.

    ``velocity``, ``acceleration`` (2,) m/s, m/s2 in the rear-axle frame now; ``command`` (4,) one-hot left, forward, right, unknown; ``past_poses`` (4, 3) of the last 1.5 s at 2 Hz, oldest first, in the present frame (the
    last is zero); ``past_velocities`` (4, 2).
    """
    frames = list(history)[-HISTORY:]
    now = frames[-1]
    frames = [frames[0]] * (HISTORY - len(frames)) + frames
    poses = np.stack([frame.ego_pose for frame in frames])
    local = np.column_stack([to_local(poses[:, :2], now.ego_pose), wrap_angle(poses[:, 2] - now.ego_pose[2])])
    return {
        "velocity": np.asarray(now.ego_velocity, np.float32).copy(),
        "acceleration": np.asarray(now.ego_acceleration, np.float32).copy(),
        "command": np.asarray(now.driving_command, np.float32).copy(),
        "past_poses": local.astype(np.float32),
        "past_velocities": np.stack([frame.ego_velocity for frame in frames]).astype(np.float32),
    }


def within_action_space(poses: NDArray[np.floating]) -> Plan:
    """A plan (8, 3) clipped into the action space."""
    return np.clip(np.asarray(poses, np.float32), ACTION_LOW, ACTION_HIGH)
