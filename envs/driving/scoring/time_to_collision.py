"""TTC: 0 if the ego, moved straight on for 0, 0.3, 0.6 and 0.9 s, would meet an object ahead (or one beside it while it is between lanes, off the road or in an intersection)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.areas import AXLE_IN_INTERSECTION, MULTIPLE_LANES, NON_DRIVABLE
from envs.driving.scoring.footprint import CENTRE, EGO_RADIUS
from envs.driving.scoring.measure import Measure, everywhere
from envs.driving.scoring.no_at_fault_collision import NEVER
from envs.driving.scoring.objects import Objects
from envs.driving.scoring.overlap import boxes_touch, is_ahead, is_behind

LOOK_AHEAD = (0, 3, 6, 9)
STANDING_SPEED = 0.005
STEP_S = 0.1


@kernel
def time_to_collision(states, footprint, flags, corners, centre, present, radius, ignored, steps):
    """(score, first step of an infraction or NEVER) of one trajectory. Looks ahead from the first ``steps`` steps; objects met without fault are ``ignored`` (K,) from then on."""
    first = NEVER
    moved = np.empty((4, 2))
    for t in range(steps):
        speed = np.hypot(states[t, 3], states[t, 4])
        if speed < STANDING_SPEED:
            continue
        heading = states[t, 2]
        along_x, along_y = np.cos(heading) * speed, np.sin(heading) * speed
        for ahead in LOOK_AHEAD:
            then, dt = t + ahead, float(ahead) * STEP_S
            x, y = footprint[t, CENTRE, 0] + along_x * dt, footprint[t, CENTRE, 1] + along_y * dt
            ready = False
            for k in range(len(radius)):
                if ignored[k] or not present[then, k]:
                    continue
                dx, dy, reach = centre[then, k, 0] - x, centre[then, k, 1] - y, EGO_RADIUS + radius[k] + 1e-6
                if dx * dx + dy * dy > reach * reach:
                    continue
                if not ready:
                    for i in range(4):
                        moved[i, 0] = footprint[t, i, 0] + along_x * dt
                        moved[i, 1] = footprint[t, i, 1] + along_y * dt
                    ready = True
                if not boxes_touch(moved, corners[then, k]):
                    continue
                px, py = centre[then, k, 0], centre[then, k, 1]
                beside = flags[t] & (MULTIPLE_LANES | NON_DRIVABLE | AXLE_IN_INTERSECTION) != 0
                if is_ahead(states[t, 0], states[t, 1], heading, px, py) or (
                    beside and not is_behind(states[t, 0], states[t, 1], heading, px, py)
                ):
                    if first == NEVER:
                        first = t
                else:
                    ignored[k] = True
    return (1.0 if first == NEVER else 0.0), first


@kernel
def _batch(states, feet, flags, corners, centre, present, radius, ignored, steps, score, first):
    for b in range(len(states)):
        score[b], first[b] = time_to_collision(states[b], feet[b], flags[b], corners, centre, present, radius, ignored.copy(), steps)


def measure_time_to_collision(
    states: Floats, feet: Floats, flags: NDArray[np.int64], objects: Objects, ignored: NDArray[np.bool_]
) -> tuple[Measure, NDArray[np.int64]]:
    """TTC of a batch among the same ``objects``, and the steps (B,) of the first infractions, NEVER (-1) for none. Steps from which 0.9 s of objects are known are looked at: 32 of v2's 41, all of v1's."""
    score, first = np.empty(len(states)), np.empty(len(states), np.int64)
    steps = min(states.shape[1], len(objects.present) - max(LOOK_AHEAD))
    _batch(states, feet, flags, *objects[:4], ignored, steps, score, first)
    return everywhere(score), first
