"""Where each episode id puts the source and the target object (``simpler.md`` D5)."""

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


CARROT = Placements(corner_pairs(0.075), source_yaws(np.pi, -np.pi / 2))
SPOON = Placements(corner_pairs(0.075), source_yaws(0.0, np.pi / 2))
CUBES = Placements(np.concatenate([corner_pairs(0.05), corner_pairs(0.1)]), source_yaws(0.0))

_EGGPLANT_XY = [(-0.105 + dx, 0.206 + dy) for dx in (-0.01, 0.01) for dy in (-0.015, -0.005, 0.005, 0.015)]
EGGPLANT = Placements(np.array([(xy, (-0.125, 0.025)) for xy in _EGGPLANT_XY]), source_yaws(0.0, np.pi / 4, -np.pi / 4))
