"""The ego's rectangle: corners and centre from the rear axle, with the very formula of navsim's pdm_array_representation.py (its rounding decides cases on a boundary)."""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.vehicle.parameters import PACIFICA

FRONT_LEFT, REAR_LEFT, REAR_RIGHT, FRONT_RIGHT, CENTRE = range(5)
HALF_LENGTH, HALF_WIDTH = PACIFICA.half_length, PACIFICA.half_width
TO_CENTRE = PACIFICA.rear_axle_to_centre
EGO_RADIUS = float(np.hypot(HALF_LENGTH, HALF_WIDTH))


@kernel
def box_corners(x, y, heading, half_length, half_width, out):
    """Corners of a rectangle around (x, y) into ``out`` (>= 4, 2): front left, rear left, rear right, front right."""
    quarter = heading + np.pi / 2.0
    cos, sin, cos_side, sin_side = np.cos(heading), np.sin(heading), np.cos(quarter), np.sin(quarter)
    for i in range(4):
        lon = half_length if i == 0 or i == 3 else -half_length
        lat = half_width if i < 2 else -half_width
        out[i, 0] = x + (lat * cos_side + lon * cos)
        out[i, 1] = y + (lat * sin_side + lon * sin)


@kernel
def ego_footprint(states, out):
    """Corners and centre of ``states`` (T, 11) into ``out`` (T, 5, 2)."""
    for t in range(len(states)):
        heading = states[t, 2]
        x = states[t, 0] + TO_CENTRE * np.cos(heading)
        y = states[t, 1] + TO_CENTRE * np.sin(heading)
        box_corners(x, y, heading, HALF_LENGTH, HALF_WIDTH, out[t])
        out[t, CENTRE, 0], out[t, CENTRE, 1] = x, y


@kernel
def _footprints(states, out):
    for b in range(len(states)):
        ego_footprint(states[b], out[b])


def footprints(states: Floats) -> Floats:
    """Footprints (B, T, 5, 2) of simulated ``states`` (B, T, 11): four corners from the front left anticlockwise, then the centre; global, m."""
    out = np.empty((*states.shape[:2], 5, 2))
    _footprints(states, out)
    return out
