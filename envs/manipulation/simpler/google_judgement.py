"""SIMPLER's judgement of the Google Robot's tasks, to the letter (``simpler.md`` D7), as functions of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.predicates import TOUCH_IMPULSE, moved_correct, moved_wrong

Vector = NDArray[np.float64]

GRASP_ANGLE = 80.0  # degrees
LIFTED, LIFTED_SIGNIFICANTLY = 0.01, 0.02  # m above where it settled
SIGNIFICANT_STEPS = 5
CONSECUTIVE_GRASPS = 5
OPENED, CLOSED = 0.15, 0.05  # m of a drawer's travel
OPEN_ENOUGH_TO_PLACE = 0.05  # m
NEAR_GAP = 0.10  # m between the circles around two objects
CLOSER_MARGIN = 0.01  # m
KNOCKED_DOWN, FALLEN = -0.02, -0.15  # m


def side_presses(impulses: Sequence[Vector], openings: Sequence[Vector]) -> bool:
    """Whether one side of the gripper presses. ``impulses``: (3,) N s that its tip and its finger feel; ``openings``: (3,) the directions in which they open.

    The strength may be that of one part and the angle that of the other, as in the original.
    """
    strengths = [float(np.linalg.norm(impulse)) for impulse in impulses]
    if max(strengths) < TOUCH_IMPULSE:
        return False
    cosines = [
        float(impulse @ opening) / (strength * float(np.linalg.norm(opening))) if strength >= TOUCH_IMPULSE else 0.0
        for impulse, opening, strength in zip(impulses, openings, strengths)
    ]
    return float(np.degrees(np.arccos(np.clip(max(cosines), -1, 1)))) <= GRASP_ANGLE


@dataclass
class PickJudge:
    """Judges one episode of picking up; :meth:`update` once a control step."""

    consecutive: int = 0
    lifted: bool = False
    significantly: bool = False
    success: bool = False
    stats: dict[str, Any] = field(default_factory=lambda: {"n_lift_significant": 0, "consec_grasp": False, "grasped": False})

    def update(self, grasped: bool, touches_other: bool, rise: float) -> bool:
        """``touches_other``: whether anything but the robot presses on the object; ``rise``: m above where it settled."""
        self.consecutive = self.consecutive + 1 if grasped else 0
        self.lifted = (self.lifted and grasped) or (not touches_other and rise > LIFTED)
        self.significantly = self.lifted and rise > LIFTED_SIGNIFICANTLY
        self.stats["n_lift_significant"] += int(self.significantly)
        self.stats["consec_grasp"] |= self.consecutive >= CONSECUTIVE_GRASPS
        self.stats["grasped"] |= grasped
        self.success = self.lifted or self.stats["n_lift_significant"] >= SIGNIFICANT_STEPS
        return self.success


@dataclass(frozen=True)
class NearState:
    """Three objects, (n, 3) m, world, in the same order: where they are (mesh origins and centres of mass) and where they had settled (origins).

    ``extents``: (n, 3) m, bounding boxes turned by the settled orientation; parts may be negative, as in the original.
    """

    origins: Vector
    centres: Vector
    settled: Vector
    extents: Vector
    source: int
    target: int


@dataclass(frozen=True)
class NearVerdict:
    """The original's ``episode_stats``, which are those of the current step."""

    all_obj_keep_height: bool
    moved_correct_obj: bool
    moved_wrong_obj: bool
    near_tgt_obj: bool
    is_closest_to_tgt: bool

    @property
    def success(self) -> bool:
        return self.all_obj_keep_height and self.moved_correct_obj and self.near_tgt_obj and self.is_closest_to_tgt

    def as_dict(self) -> dict[str, bool]:
        return asdict(self)


def judge_near(state: NearState) -> NearVerdict:
    source, target = state.source, state.target
    others = [i for i in range(len(state.origins)) if i != source]
    rise = state.origins[:, 2] - state.settled[:, 2]
    moved = np.linalg.norm(state.origins[:, :2] - state.settled[:, :2], axis=1)
    keep = all(rise[i] > KNOCKED_DOWN for i in others if i != target)
    # The two that matter may be lifted or laid down; centre of mass against settled origin.
    keep = keep and all(state.centres[i, 2] - state.settled[i, 2] > FALLEN for i in (source, target))
    gap = float(np.linalg.norm(state.centres[source, :2] - state.centres[target, :2]))
    reach = sum(float(np.linalg.norm(state.extents[i, :2])) / 2 for i in (source, target))
    to_others = [float(np.linalg.norm(state.centres[source, :2] - state.origins[i, :2])) for i in others]
    return NearVerdict(
        all_obj_keep_height=bool(keep),
        moved_correct_obj=moved_correct(float(moved[source]), [float(moved[i]) for i in others]),
        moved_wrong_obj=moved_wrong(float(moved[source]), [float(moved[i]) for i in others]),
        near_tgt_obj=gap < reach + NEAR_GAP,
        is_closest_to_tgt=all(gap < distance + CLOSER_MARGIN for distance in to_others),
    )
