"""The end-effector state as Bridge and Fractal (RT-1) datasets write it, from a pose in the robot's base frame.

SIMPLER's original observation has no end-effector pose; forks add xyz (m), quaternion wxyz and gripper openness in the base frame, and the wrappers of policies with state inputs (open-pi-zero, GR00T: third-party)
rearrange that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from agents.conventions.rotation import matrix_to_rpy

BRIDGE_DEFAULT_ROTATION = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
"""the top-down gripper in the WidowX' base frame; Bridge's roll, pitch, yaw are relative to it (rail-berkeley/bridge_data_robot, widowx_controller)"""

WIDOWX_FINGER_RANGE = (0.015, 0.037)
"""m: joint limits of each finger, closed and open"""


def bridge_state(position: ArrayLike, quaternion: ArrayLike, openness: float, pad: bool = True) -> NDArray[np.float64]:
    """(8,) x y z roll pitch yaw 0 openness; without ``pad`` (7,), the 0 left out (open-pi-zero).

    Args:
        position: (3,) m, base frame.
        quaternion: (4,) w x y z, base frame.
        openness: 1 open, 0 closed.

    roll pitch yaw = static xyz angles of R(quaternion) @ default_rotation.T.
    """
    rpy = matrix_to_rpy(_rotation(quaternion) @ BRIDGE_DEFAULT_ROTATION.T)
    return np.concatenate([np.asarray(position, np.float64), rpy, [0.0] * pad, [openness]])


def fractal_state(position: ArrayLike, quaternion: ArrayLike, openness: float) -> NDArray[np.float64]:
    """(8,) x y z qx qy qz qw closedness, with closedness = 1 - openness. Arguments as for :func:`bridge_state`; the quaternion's sign is kept."""
    w, x, y, z = np.asarray(quaternion, np.float64)
    return np.concatenate([np.asarray(position, np.float64), [x, y, z, w, 1.0 - openness]])


def widowx_openness(fingers: ArrayLike) -> float:
    """The WidowX' openness from its two finger joints (2,) in m: the mean of (q - 0.015) / 0.022, at most 1; not bounded below, as in ManiSkill2_real2sim's ``get_gripper_closedness``."""
    closed, opened = WIDOWX_FINGER_RANGE
    return min(1.0, float(np.mean((np.asarray(fingers, np.float64) - closed) / (opened - closed))))


def _rotation(quaternion: ArrayLike) -> NDArray[np.float64]:
    w, x, y, z = np.asarray(quaternion, np.float64)
    return Rotation.from_quat([x, y, z, w]).as_matrix()
