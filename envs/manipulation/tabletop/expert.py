"""The scripted expert: decides anew at every step from the true state what the gripper should do next.

It moves the *commanded* pose (to which actions are relative), at most :data:`SPEED` a step, and is a pure function of the state but for the few counters that :class:`Expert` keeps: how long the fingers have been closing,
and whether the object has been let go at its goal. Dropped objects and missed grasps therefore need no special case: the next decision starts from where things are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.tabletop.kinematics import rotation_vector
from envs.manipulation.tabletop.world import World
from harness.environment import ExpertPlan

Array = NDArray[np.float64]

SPEED = 0.05  # m a step
TURN = 0.35  # rad a step
OPEN, CLOSED = 1.0, -1.0


@dataclass(frozen=True)
class Wish:
    """What a skill wants now: a pose of the tool centre point (world), the gripper, words for it, and the points it attends to."""

    position: Array
    rotation: Array
    gripper: float
    subtask: str
    points: dict[str, Array] = field(default_factory=dict)
    speed: float = SPEED


class Skill(Protocol):
    def decide(self, world: World, commanded: Array, commanded_rotation: Array) -> Wish: ...


def plan(wish: Wish, commanded: Array, commanded_rotation: Array) -> ExpertPlan:
    """The action that brings the commanded pose (world axes are the base's axes) towards ``wish``."""
    move = wish.position - commanded
    distance = float(np.linalg.norm(move))
    if distance > wish.speed:
        move *= wish.speed / distance
    turn = rotation_vector(wish.rotation @ commanded_rotation.T)
    angle = float(np.linalg.norm(turn))
    if angle > TURN:
        turn *= TURN / angle
    action = np.concatenate([move, turn, [wish.gripper]]).astype(np.float32)
    return {"action": action, "subtask": wish.subtask, "points": wish.points}
