"""The expert's skill for everything that is picked up: reach, grasp, lift, carry, place, let go, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.tabletop.expert import CLOSED, OPEN, SPEED, Wish
from envs.manipulation.tabletop.grasping import best_grasp
from envs.manipulation.tabletop.world import ObjectState, World

Array = NDArray[np.float64]

_ALIGNED = 0.010  # m, horizontally: near enough to close the fingers, or to let go
_FUNNEL = 0.25  # m sideways that are allowed for each metre above: errors are corrected on the way down
_TURNED = 0.10  # rad, likewise
_ASKEW = 0.30  # rad: too far turned to go down
_EMPTY = 0.04  # openness of the gripper: closed on nothing
_CLEARANCE = 0.03  # m between what passes and what stands
_FLAT = 0.03  # m: lower things need no detour
_PATIENCE = 3  # steps of closing on nothing before trying again


@dataclass(frozen=True)
class Goal:
    """``place``: (2,) world position for the centre of the object; ``bottom``: height of its lowest point when it is let go; ``over``: height to clear on the way down; ``words``: "over the blue plate"."""

    place: Array
    bottom: float
    over: float
    words: str
    on: str | None = None  # the thing it is put on: touching it ends the way down
    facing: Array | None = None  # gripper rotation in which to let go; None: as it was grasped


class PickAndPlace:
    """Brings ``source`` to where ``goal`` says (None: holds it up). ``done`` says that the object is where it belongs and let go."""

    def __init__(self, source: str, goal: Callable[[World], Goal] | None, done: Callable[[World], bool]) -> None:
        self._source, self._goal, self._done = source, goal, done
        self._closing = 0  # steps since the fingers began to close
        self._letting_go = False
        self._opening = 0  # steps since the fingers began to let go

    def decide(self, world: World, commanded: Array, commanded_rotation: Array) -> Wish:
        thing = world.objects[self._source]
        if self._goal is not None and (self._letting_go or self._done(world)):
            wish = self._withdraw(world, thing, commanded, commanded_rotation)
            if wish is not None:
                return wish
        if self._holds(world, thing):
            return self._carry(world, thing, commanded, commanded_rotation)
        return self._grasp(world, thing, commanded, commanded_rotation)

    def _holds(self, world: World, thing: ObjectState) -> bool:
        if world.gripper < _EMPTY:
            return False
        between = np.linalg.norm(world.tcp - thing.grasp_point) < 0.05
        return self._source in world.grasped or bool(between and world.fingers_touch(self._source) and self._closing > 2)

    def _travel_height(self, world: World) -> float:
        """World height that clears everything that stands about."""
        tops = [other.top for other in world.objects.values() if other.name != self._source and other.top > _FLAT]
        return max(tops, default=0.0) + _CLEARANCE

    def _grasp(self, world: World, thing: ObjectState, commanded: Array, commanded_rotation: Array) -> Wish:
        grasp = best_grasp(world, thing, commanded_rotation)
        points = {"source": thing.centre}
        missed = self._closing > _PATIENCE
        if missed:
            self._closing = 0
        rotation = grasp.rotation()
        hover = max(grasp.point[2] + 0.06, thing.top + 0.03, self._travel_height(world) + 0.012)
        aside = float(np.linalg.norm(commanded[:2] - grasp.point[:2]))
        turned = float(np.linalg.norm(rotation @ commanded_rotation.T - np.eye(3)))
        above = np.array([*grasp.point[:2], hover])
        if missed or (self._closing == 0 and world.gripper < 0.8 and aside < 0.1 and commanded[2] < hover - 0.01):
            return Wish(np.array([*commanded[:2], hover]), commanded_rotation, OPEN, f"try again to reach the {self._source}", points)
        if self._closing:
            self._closing += 1
            return Wish(commanded, commanded_rotation, CLOSED, f"grasp the {self._source}", points)
        height = float(commanded[2] - grasp.point[2])
        if aside > max(_ALIGNED + _FUNNEL * height, 0.03 if height < 0.03 else 0.0) or turned > _ASKEW:
            if aside > 0.04 and commanded[2] < hover - 0.02:  # first up, then across
                above = np.array([*(commanded[:2] + 0.3 * (grasp.point[:2] - commanded[:2])), hover])
            return Wish(above, rotation, OPEN, f"reach the {self._source}", points)
        if height > 0.006 or aside > _ALIGNED or turned > _TURNED:
            return Wish(grasp.point, rotation, OPEN, f"reach the {self._source}", points)
        self._closing = 1
        return Wish(grasp.point, rotation, CLOSED, f"grasp the {self._source}", points)

    def _carry(self, world: World, thing: ObjectState, commanded: Array, commanded_rotation: Array) -> Wish:
        points = {"source": thing.centre}
        if self._goal is None:
            up = np.array([*commanded[:2], max(self._travel_height(world), 0.10) + commanded[2] - thing.bottom])
            return Wish(up, commanded_rotation, CLOSED, f"lift the {self._source}", points)
        goal = self._goal(world)
        points["target"] = np.array([*goal.place, goal.bottom])
        facing = commanded_rotation if goal.facing is None else goal.facing
        turned = float(np.linalg.norm(facing @ commanded_rotation.T - np.eye(3)))
        held = thing.centre - world.tcp  # the object in the hand, which may have slipped
        below = world.tcp[2] - thing.bottom
        carry = max(self._travel_height(world), goal.over + _CLEARANCE) + below
        across = goal.place - held[:2] - commanded[:2]
        aside = float(np.linalg.norm(across))
        low, lower = carry - commanded[2], float(thing.bottom - goal.bottom)
        if aside > _ALIGNED + _FUNNEL * max(lower, 0.02) or turned > _ASKEW:
            if low > 0.02 and aside > 0.03:  # lift, drifting over only near the top
                ahead = commanded[:2] + across * (0.0 if low > SPEED else 0.3)
                return Wish(np.array([*ahead, carry]), commanded_rotation, CLOSED, f"lift the {self._source}", points)
            height = carry if aside > 0.03 or turned > _ASKEW else min(carry, commanded[2])
            return Wish(np.array([*(commanded[:2] + across), height]), facing, CLOSED, f"move {goal.words}", points)
        stuck = goal.on is not None and goal.on in world.touches(self._source)  # a long thing lies on the rim of a bowl
        if (lower > 0.004 and not stuck) or aside > _ALIGNED:
            down = np.array([*(commanded[:2] + across), commanded[2] - max(lower, 0.0)])
            return Wish(down, facing, CLOSED, f"place it {goal.words}", points, speed=SPEED if lower > 0.06 else 0.03)
        self._letting_go, self._closing, self._opening = True, 0, 0
        return Wish(commanded, commanded_rotation, OPEN, f"let go of the {self._source}", points)

    def _withdraw(self, world: World, thing: ObjectState, commanded: Array, commanded_rotation: Array) -> Wish | None:
        """Open, then straight up; None when the object turns out not to be where it should."""
        points = {"source": thing.centre}
        self._opening += 1
        if world.gripper < 0.7 and world.fingers_touch(self._source) and self._opening <= _PATIENCE:
            return Wish(commanded, commanded_rotation, OPEN, f"let go of the {self._source}", points)
        up = max(self._travel_height(world), thing.top + 0.02) + 0.03
        if commanded[2] < up - 0.005:
            return Wish(np.array([*commanded[:2], up]), commanded_rotation, OPEN, "move away", points)
        if self._done(world):
            return Wish(commanded, commanded_rotation, OPEN, "done", points)
        self._letting_go, self._opening = False, 0
        return None
