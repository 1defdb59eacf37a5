"""The expert's skills for drawers: pull one open by its handle, push one shut.

The gripper leans forward by 35 degrees, so that the hand stays clear of the fronts above, and its fingers open sideways, left and right of the upright bar.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.tabletop.expert import CLOSED, OPEN, SPEED, Skill, Wish
from envs.manipulation.tabletop.layout import BASE_X
from envs.manipulation.tabletop.world import World

Array = NDArray[np.float64]

_LEAN = np.radians(35.0)
_FRONT = 0.07  # m in front of the handle from where the fingers go in
_OFF_LINE = 0.010  # m
_TURNED = 0.15
_FUNNEL = 0.25  # m off the line that are allowed for each metre away from the handle
_PATIENCE = 3  # steps of closing on nothing before trying again
_WIDE = 0.175  # m: opened a little further than success needs
_SHUT = 0.008  # m
_PUSH = 0.035  # m a step while a drawer moves


def leaning(point: Array) -> Array:
    """3x3 rotation of a gripper that leans away from the robot's base towards ``point``; its third column is where the fingers point.

    It turns with the direction from the base. A gripper that leans this far has its last axis nearly parallel to the forearm, where the wrist cannot yaw by itself: so the arm stays in its own upright plane.
    """
    towards = np.arctan2(point[1], point[0] - BASE_X)
    ahead = np.array([np.cos(towards), np.sin(towards), 0.0])
    sideways = np.array([ahead[1], -ahead[0], 0.0])
    fingers = np.sin(_LEAN) * ahead - np.array([0.0, 0.0, np.cos(_LEAN)])
    return np.stack([np.cross(sideways, fingers), sideways, fingers], axis=1)


class OpenDrawer:
    """Grasp the handle, pull, let go, step back. ``finished`` once the drawer is open and the gripper free."""

    def __init__(self, drawer: str) -> None:
        self._drawer = drawer
        self._closing = 0
        self._leaving = False
        self.finished = False

    def decide(self, world: World, commanded: Array, commanded_rotation: Array) -> Wish:
        state = world.drawers[self._drawer]
        name = f"{self._drawer} drawer"
        points = {"handle": state.handle}
        lean = leaning(state.handle)
        if state.opening >= _WIDE - 0.01 or (self._leaving and state.opening >= 0.155):
            return self._leave(world, state.handle, commanded, commanded_rotation)
        self._leaving = False
        if self._closing and name in world.grasped:
            pull = np.array([-min(_WIDE + 0.01 - state.opening, _PUSH), 0.0, 0.0])
            return Wish(commanded + pull, lean, CLOSED, f"pull the {name} open", points)
        if self._closing > _PATIENCE:
            self._closing = 0
            return Wish(commanded - 0.04 * lean[:, 2], lean, OPEN, f"reach again for the handle of the {name}", points)
        if self._closing:
            self._closing += 1
            return Wish(commanded, commanded_rotation, CLOSED, f"grasp the handle of the {name}", points)
        reach = _line_up(state.handle, commanded, commanded_rotation)
        if reach is not None:
            return Wish(reach, lean, OPEN, f"reach the handle of the {name}", points)
        if np.linalg.norm(state.handle - commanded) > _OFF_LINE:
            return Wish(state.handle, lean, OPEN, f"reach the handle of the {name}", points, speed=0.04)
        self._closing = 1
        return Wish(state.handle, lean, CLOSED, f"grasp the handle of the {name}", points)

    def _leave(self, world: World, handle: Array, commanded: Array, commanded_rotation: Array) -> Wish:
        self._leaving, self._closing = True, 0
        points = {"handle": handle}
        lean = leaning(handle)
        if world.gripper < 0.8:
            return Wish(commanded, commanded_rotation, OPEN, "let go of the handle", points)
        if np.linalg.norm(commanded - handle) < _FRONT:
            return Wish(handle - (_FRONT + 0.02) * lean[:, 2], commanded_rotation, OPEN, "move away", points)
        self.finished = True
        return Wish(commanded, commanded_rotation, OPEN, "done", points)


class CloseDrawer:
    """Push the handle with closed fingers until the drawer is shut, then step back."""

    def __init__(self, drawer: str) -> None:
        self._drawer = drawer
        self._leaving = False

    def decide(self, world: World, commanded: Array, commanded_rotation: Array) -> Wish:
        state = world.drawers[self._drawer]
        name = f"{self._drawer} drawer"
        points = {"handle": state.handle}
        lean = leaning(state.handle)
        contact = state.handle + np.array([-0.022, 0.0, 0.0])  # the tool centre point when the fingers touch the bar
        if state.opening <= _SHUT or (self._leaving and state.opening <= 0.04):
            self._leaving = True
            if np.linalg.norm(commanded - contact) < _FRONT:
                return Wish(contact - (_FRONT + 0.02) * lean[:, 2], commanded_rotation, CLOSED, "move away", points)
            return Wish(commanded, commanded_rotation, CLOSED, "done", points)
        self._leaving = False
        aside = commanded - contact
        wide = 0.03 if aside[0] > -0.025 else 0.015  # once at the handle, small errors are corrected while pushing
        if np.linalg.norm(aside[1:]) > wide or aside[0] > 0.03 or np.linalg.norm(lean @ commanded_rotation.T - np.eye(3)) > _TURNED:
            ready = contact + np.array([-0.03, 0.0, 0.0])
            if aside[0] > -0.02 and np.linalg.norm(aside[1:]) > 0.03:  # not through the drawer: first back, then across
                ready = np.array([ready[0] - 0.02, commanded[1], max(commanded[2], contact[2] + 0.03)])
            return Wish(ready, lean, CLOSED, f"reach the {name}", points)
        push = np.array([min(_PUSH, state.opening + 0.012), *(-aside[1:])])
        return Wish(commanded + push, lean, CLOSED, f"push the {name} shut", points, speed=SPEED)


class OpenThenPlace:
    """Opens the drawer when it is not open yet, then goes on with ``place``."""

    def __init__(self, drawer: str, place: Skill) -> None:
        self._drawer, self._place = drawer, place
        self._open: OpenDrawer | None = None
        self._upright = False

    def decide(self, world: World, commanded: Array, commanded_rotation: Array) -> Wish:
        if self._open is None and world.drawers[self._drawer].opening < 0.12:
            self._open = OpenDrawer(self._drawer)
        if self._open is not None:
            wish = self._open.decide(world, commanded, commanded_rotation)
            if not self._open.finished:
                return wish
            self._open = None
        return self._place.decide(world, commanded, commanded_rotation)


def _line_up(handle: Array, commanded: Array, commanded_rotation: Array) -> Array | None:
    """Where to go first so that the fingers come in along their own direction; None when on that line and turned."""
    lean = leaning(handle)
    back = commanded - handle
    along = float(back @ -lean[:, 2])
    off = float(np.linalg.norm(back + along * lean[:, 2]))
    turned = float(np.linalg.norm(lean @ commanded_rotation.T - np.eye(3)))
    if off <= _OFF_LINE + _FUNNEL * max(along, 0.02) and turned <= _TURNED and along > -0.01:
        return None
    if along < _FRONT - 0.02 and off > 0.03:  # beside the handle: back off before crossing in front of it
        return handle - (_FRONT + 0.03) * lean[:, 2] + 0.5 * np.array([0.0, back[1], 0.0])
    return handle - _FRONT * lean[:, 2]
