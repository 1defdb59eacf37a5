"""NC: no collision for which the ego is to blame. 0 for one with a vehicle, pedestrian or bicycle, 0.5 for one with a static object, else 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.areas import MULTIPLE_LANES, NON_DRIVABLE
from envs.driving.scoring.footprint import CENTRE, EGO_RADIUS, FRONT_LEFT, FRONT_RIGHT
from envs.driving.scoring.measure import Measure, everywhere
from envs.driving.scoring.objects import STOPPED_SPEED, Objects
from envs.driving.scoring.overlap import boxes_touch, is_behind, segment_touches_box

NEVER = -1


@kernel
def no_at_fault_collision(states, footprint, flags, corners, centre, present, radius, is_agent, stopped, ignored):
    """(score, first step of an at-fault collision or NEVER) of one trajectory. ``ignored`` (K,) is used up: objects hit without fault are ignored from then on."""
    score, first = 1.0, NEVER
    front = np.empty((2, 2))
    for t in range(len(states)):
        x, y = footprint[t, CENTRE, 0], footprint[t, CENTRE, 1]
        for k in range(len(radius)):
            if ignored[k] or not present[t, k]:
                continue
            dx, dy, reach = centre[t, k, 0] - x, centre[t, k, 1] - y, EGO_RADIUS + radius[k] + 1e-6
            if dx * dx + dy * dy > reach * reach or not boxes_touch(footprint[t], corners[t, k]):
                continue
            ego_speed = np.hypot(states[t, 3], states[t, 4])
            at_fault = False
            if ego_speed > STOPPED_SPEED:
                if stopped[k]:
                    at_fault = True
                elif not is_behind(states[t, 0], states[t, 1], states[t, 2], centre[t, k, 0], centre[t, k, 1]):
                    front[0], front[1] = footprint[t, FRONT_LEFT], footprint[t, FRONT_RIGHT]
                    at_fault = segment_touches_box(front, corners[t, k]) or flags[t] & (MULTIPLE_LANES | NON_DRIVABLE) != 0
            if at_fault:
                score = min(score, 0.0 if is_agent[k] else 0.5)
                if first == NEVER:
                    first = t
            else:
                ignored[k] = True
    return score, first


@kernel
def _batch(states, feet, flags, corners, centre, present, radius, is_agent, stopped, ignored, score, first):
    for b in range(len(states)):
        score[b], first[b] = no_at_fault_collision(
            states[b], feet[b], flags[b], corners, centre, present, radius, is_agent, stopped, ignored.copy()
        )


def measure_collisions(
    states: Floats, feet: Floats, flags: NDArray[np.int64], objects: Objects, ignored: NDArray[np.bool_]
) -> tuple[Measure, NDArray[np.int64]]:
    """NC of a batch among the same ``objects``, and the steps (B,) of the first collisions at fault, NEVER (-1) for none. ``ignored`` (K,): objects that do not count from the start."""
    score, first = np.empty(len(states)), np.empty(len(states), np.int64)
    _batch(states, feet, flags, *objects, ignored, score, first)
    return everywhere(score), first
