"""What a bird's-eye picture shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from envs.driving.scene import Boxes

PathKind = Literal["plan", "simulated", "log", "pdm", "driven", "other"]

PATH_COLOURS: Final[dict[str, tuple[int, int, int]]] = {
    "plan": (30, 100, 235),
    "simulated": (20, 170, 220),
    "log": (30, 150, 70),
    "pdm": (235, 130, 20),
    "driven": (110, 80, 200),
    "other": (120, 120, 120),
}
PATH_LABELS: Final = {
    "plan": "plan",
    "simulated": "plan as driven",
    "log": "human log",
    "pdm": "PDM-Closed",
    "driven": "driven so far",
    "other": "",
}


@dataclass(frozen=True)
class Path:
    """``poses`` (n, 2 or 3): global x, y and perhaps heading (rear axle). With ``footprints`` the car's outline is drawn along it."""

    kind: PathKind
    poses: NDArray[np.float64]
    footprints: bool = False


@dataclass(frozen=True)
class Stamp:
    """A line of the score panel: ``value`` None does not apply. ``bad`` paints it red."""

    label: str
    value: float | str | None
    bad: bool = False


@dataclass(frozen=True)
class BirdseyeView:
    """One moment; everything global. ``route``: roadblock ids that the route goes through; ``lights``: {connector: red?}; ``struck``: tracks that the ego has hit; ``warning``: what is wrong now, in words."""

    ego_pose: NDArray[np.float64]
    boxes: Boxes
    lights: Mapping[str, bool | str] = field(default_factory=dict)
    route: frozenset[str] = frozenset()
    paths: tuple[Path, ...] = ()
    stamps: tuple[Stamp, ...] = ()
    title: str = ""
    struck: frozenset[str] = frozenset()
    warning: str = ""
    ego_speed: float | None = None
