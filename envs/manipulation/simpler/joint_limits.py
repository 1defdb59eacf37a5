"""The limits of an articulation's joints, as its file states them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def joint_limits(robot: Any, joints: Sequence[str]) -> NDArray[np.float64]:
    """(n, 2) rad or m. To be read before anything is simulated: the Google Robot's controller moves limits while the arm is near them."""
    return np.array([np.asarray(robot.active_joints_map[name]._objs[0].limits, np.float64).reshape(2) for name in joints])
