"""One figure with its spread, and how busy the machine was: these machines are shared, so a figure without its load says little."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class Measurement:
    """``values``: one a repetition. ``target`` with ``better`` says on which side of it they should lie; None: only reported. ``load``: the machine's one-minute load before and after."""

    benchmark: str
    quantity: str
    unit: str
    values: tuple[float, ...]
    load: tuple[float, float]
    target: float | None = None
    better: Literal["higher", "lower"] = "higher"
    note: str = ""

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.median >= self.target if self.better == "higher" else self.median <= self.target

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "median": self.median, "low": min(self.values), "high": max(self.values), "met": self.met}


Repeated = dict[str, list[float]]
"""{quantity: one value a repetition}"""


def repeat(times: int, once: Callable[[], dict[str, float]]) -> tuple[Repeated, tuple[float, float]]:
    """Run ``once`` ``times`` times, after one that does not count. What is to be compared is measured inside ``once``, side by side, so that a busy minute hits both sides."""
    once()
    before = os.getloadavg()[0]
    found: Repeated = {}
    for _ in range(times):
        for name, value in once().items():
            found.setdefault(name, []).append(value)
    return found, (before, os.getloadavg()[0])
