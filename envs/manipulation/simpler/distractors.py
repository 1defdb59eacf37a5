"""The distractors around the coke can in variant aggregation: which, where, and how they come to rest.

The original draws their places at random, anew in every run. Here the seed decides them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import numpy as np
import sapien
from mani_skill.utils.structs.actor import Actor
from numpy.typing import NDArray

from envs.manipulation.simpler.scene import body_of
from envs.manipulation.simpler.settling import (
    DROP_HEIGHT,
    FREE_REST,
    LONG_REST,
    STILL_ANGULAR,
    STILL_LINEAR,
    UPRIGHT_FALL,
    tilt_locked,
)

TABLE_HEIGHT = 0.87  # m
SPREAD, CLEARANCE = 0.3, 0.25  # m: at most so far in x and in y, at least so far in all
LOW, HIGH = (-0.50, 0.05), (-0.10, 0.35)  # m, world
ONLY_DOWN = [True, True, False, True, True, False]

DISTRACTORS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "less": ("opened_pepsi_can", "apple", "sponge", "orange"),
    "more": ("opened_7up_can", "opened_sprite_can", "sponge", "orange", "opened_fanta_can", "bridge_spoon_generated_modified"),
}


class Distractors:
    """``simulate(seconds)`` steps the physics."""

    def __init__(self, actors: Sequence[Actor], simulate: Callable[[float], None]) -> None:
        self.bodies = [body_of(actor) for actor in actors]
        self.simulate = simulate

    def settle_around(self, xy: tuple[float, float], quaternion: NDArray[np.float64], seed: int) -> None:
        """One falls after the other, all in the orientation of the object at ``xy`` (m, world)."""
        random = np.random.RandomState(seed)
        with ExitStack() as locks:
            for body in self.bodies:
                body.entity.set_pose(sapien.Pose([*_place(np.array(xy), random), TABLE_HEIGHT + DROP_HEIGHT], quaternion.tolist()))
                body.set_linear_velocity([0, 0, 0])
                body.set_angular_velocity([0, 0, 0])
                locks.enter_context(tilt_locked(body, ONLY_DOWN))
                self.simulate(UPRIGHT_FALL)
        for body in self.bodies:
            body.entity.set_pose(body.entity.pose)
            body.set_linear_velocity([0, 0, 0])
            body.set_angular_velocity([0, 0, 0])
            self.simulate(FREE_REST)
        linear = sum(float(np.linalg.norm(body.linear_velocity)) for body in self.bodies)
        angular = sum(float(np.linalg.norm(body.angular_velocity)) for body in self.bodies)
        if linear > STILL_LINEAR or angular > STILL_ANGULAR:
            self.simulate(LONG_REST)


def _place(around: NDArray[np.float64], random: np.random.RandomState) -> list[float]:
    """Drawn until it is far enough. [x, y] in m, world."""
    while True:
        place = np.clip(around + random.uniform(-SPREAD, SPREAD, 2), LOW, HIGH)
        if np.linalg.norm(place - around) > CLEARANCE:
            return place.tolist()
