"""Where things can stand: areas of the table, the room that things need, and finding a free spot.

World frame: z up, origin on the table top, the robot's base at x = -0.615 m looking along +x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from envs.manipulation.tabletop.backdrop import DEFAULT, Backdrop
from envs.manipulation.tabletop.objects import shape_named
from envs.manipulation.tabletop.tasks import TaskKind

Area = tuple[float, float, float, float]  # (x low, x high, y low, y high) m: where the middle of a thing may be

TABLE: Final[Area] = (-0.27, 0.07, -0.27, 0.27)
BEFORE_CABINET: Final[Area] = (-0.31, -0.14, -0.22, 0.22)
BESIDE_CABINET: Final[tuple[Area, ...]] = ((-0.14, 0.12, 0.23, 0.31), (-0.14, 0.12, -0.31, -0.23))
# Strips outside all of the above that the gripper reaches pointing down (up to 0.74 m from its base) and the camera sees: to the left of the robot, and a shorter one to its right, where the picture ends.
HELDOUT_STRIPS: Final[tuple[Area, ...]] = ((-0.24, 0.0, 0.32, 0.40), (-0.10, 0.01, -0.36, -0.32))
_GAP = 0.035  # m between footprints, so that fingers fit
_DISTRACTOR_GAP = 0.015  # m between two things that nobody has to grasp
_TALL_GAP = 0.06  # m around tall things, which the hand would knock
_NOT_NEAR = 0.16  # m between the footprints of what has to be brought together
_TALL = 0.06  # m
_TIGHTER = 0.97  # of the gaps, at each attempt after the twentieth


@dataclass(frozen=True)
class PlacedObject:
    """``name`` is "<colour> <shape>", unique in the scene, with a further word before it where two things share both ("small red cube", "other red cube").

    Position (m) and yaw (rad) on the table. ``lying``: a thing that stands by itself lies on its side.
    """

    name: str
    shape: str
    colour: str
    scale: float
    role: str  # source | target | distractor
    x: float
    y: float
    yaw: float
    lying: bool = False

    @property
    def footprint(self) -> float:
        """m: radius of the circle about (x, y) that it covers."""
        shape = shape_named(self.shape, self.scale)
        return float(np.hypot(shape.height / 2, shape.footprint)) if self.lying else shape.footprint

    @property
    def tall(self) -> bool:
        return not self.lying and shape_named(self.shape, self.scale).height > _TALL


@dataclass(frozen=True)
class PlacedCabinet:
    """``x``, ``y``: foot of the middle of the front face, which looks along -x; ``openings``: {drawer: m}."""

    colour: str
    x: float
    y: float
    openings: dict[str, float]


@dataclass(frozen=True)
class Layout:
    objects: tuple[PlacedObject, ...]
    instruction: str
    template: str
    source: str | None = None  # name of an object
    target: str | None = None
    drawer: str | None = None
    cabinet: PlacedCabinet | None = None
    backdrop: Backdrop = DEFAULT
    facts: dict[str, Any] = field(default_factory=dict)


def crowding(attempt: int) -> float:
    """By how much gaps shrink when placing has failed ``attempt`` times."""
    return _TIGHTER ** max(0, attempt - 20)


def fits(kind: TaskKind, thing: PlacedObject, others: Sequence[PlacedObject], tightness: float = 1.0) -> bool:
    """Whether the gaps between ``thing`` and ``others`` are kept, times ``tightness``."""
    return all(
        np.hypot(thing.x - other.x, thing.y - other.y) >= thing.footprint + other.footprint + _gap(kind, thing, other) * tightness
        for other in others
    )


def find_spot(
    rng: Generator, kind: TaskKind, thing: PlacedObject, others: Sequence[PlacedObject], tightness: float, areas: Sequence[Area] = (TABLE,)
) -> PlacedObject | None:
    """``thing`` at a free place in one of ``areas``; None when 40 draws found none."""
    for _ in range(40):
        x_low, x_high, y_low, y_high = areas[0] if len(areas) == 1 else areas[int(rng.integers(len(areas)))]
        x, y = float(rng.uniform(x_low, x_high)), float(rng.uniform(y_low, y_high))
        yaw = float(rng.uniform(-np.pi, np.pi))
        if thing.shape in ("basket", "cloth"):
            yaw = float(rng.uniform(-0.4, 0.4))
        found = replace(thing, x=x, y=y, yaw=yaw)
        if fits(kind, found, others, tightness):
            return found
    return None


def _gap(kind: TaskKind, one: PlacedObject, two: PlacedObject) -> float:
    if kind.family == "move_near" and {one.role, two.role} == {"source", "target"}:
        return _NOT_NEAR
    if one.role == two.role == "distractor":
        return _DISTRACTOR_GAP
    return _TALL_GAP if one.tall or two.tall else _GAP
