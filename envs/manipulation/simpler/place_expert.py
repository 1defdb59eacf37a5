"""The second half of "place into closed drawer": from the open drawer to the object on the cabinet, and with it into the drawer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.drawer_expert import DrawerScene, still_hooked
from envs.manipulation.simpler.google_expert import AS_BEFORE, OPEN, WIDE_OPEN, TableScene, command, fetch
from harness.environment import ExpertPlan

Vector = NDArray[np.float64]

WIDE = 0.24  # m of travel to which the drawer is pulled
OPEN_ENOUGH = 0.15  # m of travel with which the object is fetched once the drawer is let go of
CABINET_FRONT = 0.305  # m of the closed drawer's front before its origin
OVER_CABINET = 0.16  # m of the fingertips above where the object settled, while they pass over the cabinet's edge
CARRY = 0.10  # m of the object above where it settled, while it is carried
OVER_GAP = 0.025  # m off the middle of the opening, near enough to let go


@dataclass(frozen=True)
class PlaceScene:
    """``settled``: (3,) m, world: where the object lay at the start; ``inside``: whether it has touched the drawer's bottom."""

    drawer: DrawerScene
    table: TableScene
    settled: Vector
    inside: bool

    @property
    def gap(self) -> Vector:
        """(2,) m, world: the middle of the drawer's opening, before the object."""
        front = self.drawer.drawer[0] + CABINET_FRONT
        return np.array([front - self.drawer.travel / 2 - 0.01, self.settled[1]])


def has_opened(scene: PlaceScene) -> bool:
    """Whether the drawer is open, and let go of if it could be wider."""
    travel = scene.drawer.travel
    return travel >= WIDE or (travel >= OPEN_ENOUGH and not still_hooked(scene.drawer))


def place(scene: PlaceScene, word: str, which: str) -> ExpertPlan:
    """Once :func:`has_opened`."""
    table, up = scene.table, np.array([0.0, 0.0, 1.0])
    if scene.inside:
        return command(table, table.tcp, None, OPEN, "rest", table.tcp)
    plan = None if table.held_steps else _above_cabinet(scene, word) or fetch(table, word)
    if plan is not None:
        return plan
    if table.held_steps < 2:
        return command(table, table.tcp, None, AS_BEFORE, f"grasp {word}", table.source)
    off = scene.gap - table.source[:2]
    if np.linalg.norm(off) <= OVER_GAP:
        return command(table, table.tcp, None, OPEN, f"drop {word} into {which} drawer", table.source)
    rise = CARRY - table.rise
    sideways = np.append(off, 0.0) if table.rise > CARRY / 2 else np.zeros(3)
    goal = table.tcp + sideways + up * rise
    return command(table, goal, None, AS_BEFORE, f"carry {word} to {which} drawer", goal)


def _above_cabinet(scene: PlaceScene, word: str) -> ExpertPlan | None:
    """Straight up while the fingers are before the cabinet and lower than what lies on it; None once they are not."""
    table = scene.table
    height = scene.settled[2] + OVER_CABINET
    before = table.tcp[0] > scene.settled[0] + 0.08
    if not before or table.tcp[2] >= height - 0.03:
        return None
    goal = np.append(table.tcp[:2], height)
    gripper = AS_BEFORE if table.openness > WIDE_OPEN else OPEN
    return command(table, goal, None, gripper, f"rise to {word}", goal)
