"""What a road form gives a situation: the lane graph, and the ways through it that matter to the ego."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scenarios.driving.roads.curves import Array
from scenarios.driving.roads.network import Crosswalk, RoadNetwork, Route


@dataclass(frozen=True)
class Wish:
    """What a situation needs of a road form: how many lanes a direction (least, most), a narrow two-way road, a place where someone walks across, both
    directions (or, at a T, a side road on the left), a low limit, an ego that has to give way."""

    lanes: tuple[int, int] = (1, 3)
    narrow: bool = False
    crosswalk: bool = False
    two_way: bool | None = None
    slow: bool = False
    gives_way: bool = False

    def draw_lanes(self, rng: np.random.Generator, least: int, most: int) -> int:
        """A number of lanes that both the wish and the form (least, most) can live with; the form's word is the last."""
        low, high = max(self.lanes[0], least), min(self.lanes[1], most)
        return int(rng.integers(low, high + 1)) if low <= high else (least if self.lanes[1] < least else most)


@dataclass(frozen=True)
class Prop:
    """Something that stands still: a name of nuPlan's object classes, pose (x, y, heading), size (length, width, height) [m], and whether it belongs to the road form (cones) or is a parked vehicle."""

    name: str
    pose: tuple[float, float, float]
    size: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Layout:
    """A road form with its routes. `ego`: routes that begin on the ego's road, by what they do at the form's feature (straight, left, right, merge); `focus`: where on them that feature begins [m].

    `oncoming` drive against the ego on the road that it comes along; `crossing` cut across the ego's way from a road to the side; `merging` join the ego's lane.
    """

    form: str
    network: RoadNetwork
    ego: dict[str, tuple[Route, ...]]
    focus: float
    oncoming: tuple[Route, ...] = ()
    crossing: tuple[Route, ...] = ()
    merging: tuple[Route, ...] = ()
    props: tuple[Prop, ...] = ()
    signalised: bool = False
    gives_way: bool = False
    walked: tuple[Crosswalk, ...] = field(default=())

    @property
    def turns(self) -> tuple[str, ...]:
        """What the ego can do here."""
        return tuple(turn for turn, routes in self.ego.items() if routes)


def straight_line(start: tuple[float, float], end: tuple[float, float], step: float = 2.0) -> Array:
    """Samples (n, 3) of a straight line, at most `step` apart."""
    (x0, y0), (x1, y1) = start, end
    length = float(np.hypot(x1 - x0, y1 - y0))
    share = np.linspace(0.0, 1.0, max(2, int(np.ceil(length / step)) + 1))
    heading = float(np.arctan2(y1 - y0, x1 - x0))
    return np.column_stack([x0 + share * (x1 - x0), y0 + share * (y1 - y0), np.full(len(share), heading)])
