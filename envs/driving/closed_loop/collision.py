"""Collisions of the driven ego, and whose fault they are: NAVSIM's rule for NC (navsim's pdm_scorer_utils.py), applied to the present speeds of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.driving.scene import AGENT_NAMES, Boxes, Floats
from envs.driving.scoring.areas import MULTIPLE_LANES, NON_DRIVABLE
from envs.driving.scoring.footprint import CENTRE, EGO_RADIUS, FRONT_LEFT, FRONT_RIGHT, box_corners
from envs.driving.scoring.objects import STOPPED_SPEED
from envs.driving.scoring.overlap import boxes_touch, is_behind, segment_touches_box
from envs.driving.state import State


@dataclass(frozen=True)
class Collision:
    """``kind``: stopped_ego, stopped_object, rear, front or lateral; ``name``: what was hit."""

    token: str
    name: str
    kind: str
    at_fault: bool


def collisions(state: Floats, footprint: Floats, flags: int, boxes: Boxes) -> list[Collision]:
    """All objects of ``boxes`` (global) that the ego touches, in their order. ``state`` (11,), ``footprint`` (5, 2) and area ``flags`` are the ego's."""
    centre = footprint[CENTRE]
    reach = EGO_RADIUS + np.hypot(boxes.size[:, 0], boxes.size[:, 1]) / 2
    near = np.flatnonzero(np.hypot(*(boxes.xyz[:, :2] - centre).T) <= reach + 1e-6)
    found = []
    corners = np.empty((4, 2))
    for k in near:
        x, y, heading = float(boxes.xyz[k, 0]), float(boxes.xyz[k, 1]), float(boxes.heading[k])
        box_corners(x, y, heading, boxes.size[k, 0] / 2, boxes.size[k, 1] / 2, corners)
        if boxes_touch(footprint, corners):
            kind = _kind(state, footprint, boxes, int(k), corners)
            bad = kind in ("stopped_object", "front") or (kind == "lateral" and bool(flags & (MULTIPLE_LANES | NON_DRIVABLE)))
            found.append(Collision(boxes.track_tokens[k], boxes.names[k], kind, bad))
    return found


def _kind(state: Floats, footprint: Floats, boxes: Boxes, k: int, corners: Floats) -> str:
    if np.hypot(state[State.VX], state[State.VY]) <= STOPPED_SPEED:
        return "stopped_ego"
    if boxes.names[k] not in AGENT_NAMES or np.hypot(*boxes.velocity[k, :2]) <= STOPPED_SPEED:
        return "stopped_object"
    if is_behind(state[State.X], state[State.Y], state[State.HEADING], boxes.xyz[k, 0], boxes.xyz[k, 1]):
        return "rear"
    front = np.stack([footprint[FRONT_LEFT], footprint[FRONT_RIGHT]])
    return "front" if segment_touches_box(front, corners) else "lateral"
