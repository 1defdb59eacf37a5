"""Two results compared cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Value = float | None
DISCRETE = frozenset(
    {"nc", "dac", "ddc", "tlc", "ttc", "lk", "hc", "ec", "mult_prod", "mult_prod_pdm", "collision_idx", "ttc_idx"}
    | {f"raw_{name}" for name in ("nc", "dac", "ddc", "tlc", "ttc", "lk", "hc")}
    | {"no_at_fault_collisions", "drivable_area_compliance", "time_to_collision_within_bound", "comfort", "driving_direction_compliance"}
)
"""Columns of values that are exact: multiples of a half, their products, counts of steps."""
ROUNDED = 6e-10
"""Official values are written with nine digits."""


@dataclass
class Column:
    """``worst``: the greatest difference, unequal cells included."""

    name: str
    bound: float
    cells: int = 0
    unequal: int = 0
    worst: float = 0.0


@dataclass(frozen=True)
class Cell:
    """A cell that is not equal: ``where`` names scene and trajectory."""

    where: str
    column: str
    ours: Value
    official: Value
    reason: str


@dataclass
class Comparison:
    """What was compared under ``name``. ``absent``: cells that only the official output has; ``explain`` gives the reason for a cell that differs, from its scene, trajectory and column."""

    name: str
    bound: float = 1e-6
    columns: dict[str, Column] = field(default_factory=dict)
    unequal: list[Cell] = field(default_factory=list)
    absent: int = 0
    notes: list[str] = field(default_factory=list)
    explain: Callable[[str, int, str], str] = lambda scene, slot, column: "unexplained"

    @property
    def cells(self) -> int:
        return sum(column.cells for column in self.columns.values())

    @property
    def ok(self) -> bool:
        return not self.unequal and not self.absent and self.cells > 0

    def cell(self, scene: str, slot: int, column: str, ours: Value, official: Value, bound: float | None = None, label: str = "") -> None:
        """Compare one value. Discrete ones have to be equal (to the digits the official output has), others within the bound."""
        limit = ROUNDED if column in DISCRETE else self.bound if bound is None else bound
        kept = self.columns.setdefault(column, Column(column, limit))
        kept.cells += 1
        if ours is None or official is None:
            if ours is official:
                return
        else:
            difference = abs(ours - official)
            kept.worst = max(kept.worst, difference)
            if difference <= limit:
                return
        kept.unequal += 1
        where = f"{scene} {label or slot}" if slot >= 0 else scene
        self.unequal.append(Cell(where, column, ours, official, self.explain(scene, slot, column)))

    def row(self, scene: str, slot: int, columns: Sequence[str], ours: Sequence[Value], official: Sequence[Value], label: str = "") -> None:
        for column, mine, theirs in zip(columns, ours, official, strict=True):
            self.cell(scene, slot, column, mine, theirs, label=label)
