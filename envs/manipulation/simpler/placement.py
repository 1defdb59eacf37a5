"""Where each episode id puts the source and the target object (``simpler.md`` D5), and where a random layout may."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
BRIDGE_CENTER = (-0.16, 0.0)  # m, world


@dataclass(frozen=True)
class Placements:
    """``xy``: (P, 2, 2) m, world: for each layout the source's and the target's position; ``quaternions``: (Q, 2, 4) wxyz, likewise. Episode id = layout * Q + orientation."""

    xy: Array
    quaternions: Array

    def __len__(self) -> int:
        return len(self.xy) * len(self.quaternions)

    def of(self, episode_id: int) -> tuple[Array, Array]:
        """((2, 2) xy, (2, 4) quaternions) of source and target."""
        layout, orientation = divmod(episode_id, len(self.quaternions))
        return self.xy[layout], self.quaternions[orientation]


def yaw_quaternion(yaw: float) -> tuple[float, float, float, float]:
    """wxyz of a turn about z by ``yaw`` rad."""
    return (float(np.cos(yaw / 2)), 0.0, 0.0, float(np.sin(yaw / 2)))


def corner_pairs(half_edge: float) -> Array:
    """(12, 2, 2): every ordered pair of the four corners of a square, ``half_edge`` m around the Bridge table's center."""
    corners = [np.array(BRIDGE_CENTER) + half_edge * np.array(sign) for sign in product((-1, 1), repeat=2)]
    return np.array(list(permutations(corners, 2)))


def source_yaws(*yaws: float) -> Array:
    """(Q, 2, 4): the source turned by each yaw, the target not at all."""
    return np.array([(yaw_quaternion(yaw), UPRIGHT) for yaw in yaws])


@dataclass(frozen=True)
class RandomLayouts:
    """Layouts beside the protocol's, for training. ``source``, ``target``: (x, y, half width in x, in y) m, world, of the rectangle that it is drawn from; ``gap``: m that the two are apart at least;
    ``turn``: rad either way, of the source's yaw about ``yaw``."""

    source: tuple[float, float, float, float]
    target: tuple[float, float, float, float]
    gap: float = 0.0
    yaw: float = 0.0
    turn: float = float(np.pi)

    def draw(self, rng: np.random.Generator, protocol: Placements) -> tuple[Array, Array]:
        """((2, 2) xy, (2, 4) quaternions) of source and target: never one of ``protocol``'s (see :func:`is_protocol`)."""
        while True:
            xy = np.array([_within(self.source, rng), _within(self.target, rng)])
            quaternions = np.array([yaw_quaternion(self.yaw + rng.uniform(-self.turn, self.turn)), UPRIGHT])
            if np.linalg.norm(xy[0] - xy[1]) >= self.gap and not is_protocol(xy, quaternions, protocol):
                return xy, quaternions


def _within(rectangle: tuple[float, float, float, float], rng: np.random.Generator) -> Array:
    x, y, half_x, half_y = rectangle
    return np.array([rng.uniform(x - half_x, x + half_x), rng.uniform(y - half_y, y + half_y)])


def is_protocol(xy: Array, quaternions: Array, protocol: Placements, apart: float = 0.004, turned: float = 0.15) -> bool:
    """Whether a layout is one of ``protocol``'s: source and target both less than ``apart`` m from it, and the source turned by less than ``turned`` rad."""
    for episode_id in range(len(protocol)):
        its_xy, its_quaternions = protocol.of(episode_id)
        angle = 2 * np.arccos(min(1.0, abs(float(quaternions[0] @ its_quaternions[0]))))
        if np.linalg.norm(xy - its_xy, axis=1).max() < apart and angle < turned:
            return True
    return False


CARROT = Placements(corner_pairs(0.075), source_yaws(np.pi, -np.pi / 2))
SPOON = Placements(corner_pairs(0.075), source_yaws(0.0, np.pi / 2))
CUBES = Placements(np.concatenate([corner_pairs(0.05), corner_pairs(0.1)]), source_yaws(0.0))

_EGGPLANT_XY = [(-0.105 + dx, 0.206 + dy) for dx in (-0.01, 0.01) for dy in (-0.015, -0.005, 0.005, 0.015)]
EGGPLANT = Placements(np.array([(xy, (-0.125, 0.025)) for xy in _EGGPLANT_XY]), source_yaws(0.0, np.pi / 4, -np.pi / 4))

RANDOM_TABLE = RandomLayouts(source=(*BRIDGE_CENTER, 0.1, 0.1), target=(*BRIDGE_CENTER, 0.1, 0.1), gap=0.11)
RANDOM_CUBES = RandomLayouts(source=(*BRIDGE_CENTER, 0.115, 0.115), target=(*BRIDGE_CENTER, 0.115, 0.115), gap=0.075)
RANDOM_SINK = RandomLayouts(source=(-0.105, 0.206, 0.02, 0.025), target=(-0.125, 0.025, 0.0, 0.0), turn=1.1)
