"""The longitudinal and lateral meta-action of a plan, in the words that ELF-VLA uses: what a driver would say to be doing."""

from __future__ import annotations

from typing import Final

import numpy as np

from envs.driving.scene import Floats

STOPPED, CHANGE_OF_SPEED = 0.5, 0.15
"""m/s, and the share of the present speed (at least 1 m/s) from which on a speed counts as another."""
TURN, ONE_LANE = 0.35, 1.8  # rad, m
LONGITUDINAL: Final = ("maintain", "accelerate", "decelerate", "stop")
LATERAL: Final = ("keep", "turn left", "turn right", "change left", "change right")


def meta_action(poses: Floats, speed: float, dt: float = 0.5) -> dict[str, str]:
    """{"longitudinal", "lateral"} of a plan (n, 3) in the ego's frame that begins at ``speed`` m/s. The lane is taken to be straight where the plan does not turn."""
    path = np.vstack([np.zeros(3), poses])
    last = float(np.hypot(*(path[-1, :2] - path[-2, :2]))) / dt
    change = last - speed
    threshold = max(1.0, CHANGE_OF_SPEED * speed)
    if last < STOPPED:
        longitudinal = "stop"
    elif abs(change) < threshold:
        longitudinal = "maintain"
    else:
        longitudinal = "accelerate" if change > 0 else "decelerate"
    heading, sideways = float(path[-1, 2]), float(path[-1, 1])
    if abs(heading) > TURN:
        lateral = "turn left" if heading > 0 else "turn right"
    elif abs(sideways) > ONE_LANE:
        lateral = "change left" if sideways > 0 else "change right"
    else:
        lateral = "keep"
    return {"longitudinal": longitudinal, "lateral": lateral}
