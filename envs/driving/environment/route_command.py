"""The route command, and what it is in words."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

COMMANDS: Final = ("left", "forward", "right", "unknown")
"""In the order of NAVSIM's one-hot driving_command."""

_WORDS: Final = {
    "left": "Drive on and follow the route to the left.",
    "forward": "Drive on and follow the route straight ahead.",
    "right": "Drive on and follow the route to the right.",
    "unknown": "Drive on and follow the road.",
}
AHEAD, SIDEWAYS = 20.0, 2.0  # m: NAVSIM's rule (OpenScene's create_openscene_metadata.py)


def command_name(one_hot: NDArray[np.integer]) -> str:
    """The name of a one-hot command (4,); "unknown" for none."""
    return COMMANDS[int(np.argmax(one_hot))] if np.any(one_hot) else "unknown"


def instruction(one_hot: NDArray[np.integer]) -> str:
    """The command in words."""
    return _WORDS[command_name(one_hot)]


def command_along(centreline: NDArray[np.float64], ego_pose: NDArray[np.float64]) -> NDArray[np.int64]:
    """The command (4,) that a centreline (n, 2 or more; global) gives at ``ego_pose``: left or right where the point 20 m ahead lies 2 m or more to that side."""
    steps = np.hypot(*np.diff(centreline[:, :2], axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    start = float(along[np.argmin(np.hypot(*(centreline[:, :2] - ego_pose[:2]).T))])
    point = np.array([np.interp(start + AHEAD, along, centreline[:, axis]) for axis in (0, 1)])
    dx, dy = point - ego_pose[:2]
    sideways = float(-dx * np.sin(ego_pose[2]) + dy * np.cos(ego_pose[2]))
    command = np.zeros(4, np.int64)
    command[0 if sideways >= SIDEWAYS else 2 if sideways <= -SIDEWAYS else 1] = 1
    return command
