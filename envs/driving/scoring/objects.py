"""The other road users at 10 Hz, as arrays for the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.footprint import box_corners

STOPPED_SPEED = 0.05


class Objects(NamedTuple):
    """``T`` moments of ``K`` objects. ``corners`` (T, K, 4, 2) and ``centre`` (T, K, 2) global, m; ``present`` (T, K); ``radius`` (K,) of the circle around a box.

    ``is_agent`` (K,): vehicle, pedestrian or bicycle; ``stopped`` (K,): static, or at most 0.05 m/s at its first appearance (the official scorer never looks again).
    """

    corners: Floats
    centre: Floats
    present: NDArray[np.bool_]
    radius: Floats
    is_agent: NDArray[np.bool_]
    stopped: NDArray[np.bool_]


@kernel
def _corners(poses, size, out):
    for t in range(len(poses)):
        for k in range(len(size)):
            box_corners(poses[t, k, 0], poses[t, k, 1], poses[t, k, 2], size[k, 0] / 2.0, size[k, 1] / 2.0, out[t, k])


def objects_of(poses: Floats, size: Floats, present: NDArray[np.bool_], is_agent: NDArray[np.bool_], first_speed: Floats) -> Objects:
    """From ``poses`` (T, K, 3) x, y, heading, ``size`` (K, 2) length and width, ``present`` (T, K), ``is_agent`` (K,) and the speeds (K,) at their first appearance, m/s."""
    corners = np.zeros((*poses.shape[:2], 4, 2))
    _corners(np.ascontiguousarray(poses), size, corners)
    radius = np.hypot(size[:, 0], size[:, 1]) / 2.0
    return Objects(corners, np.ascontiguousarray(poses[..., :2]), present, radius, is_agent, ~is_agent | (first_speed <= STOPPED_SPEED))
