"""Log replay: everything moves as it was seen; what overlaps the ego at the start is not there at all (navsim's log_replay_traffic_agents.py)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.driving.scene import Floats
from envs.driving.scoring.objects import Objects
from envs.driving.scoring.overlap import boxes_touch


def overlapping_at_start(objects: Objects, ego_corners: Floats) -> NDArray[np.bool_]:
    """(K,): objects whose box at step 0 touches the ego's (>= 4, 2)."""
    found = np.zeros(len(objects.radius), bool)
    for k in np.flatnonzero(objects.present[0]):
        found[k] = boxes_touch(ego_corners, objects.corners[0, k])
    return found


def replayed(objects: Objects, ego_corners: Floats) -> Objects:
    """``objects`` without those that touch the ego at the start."""
    gone = overlapping_at_start(objects, ego_corners)
    return objects._replace(present=objects.present & ~gone) if gone.any() else objects
