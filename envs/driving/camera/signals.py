"""Traffic signals: where they hang, and which lamp is lit.

A map says which lane connectors are signalised, not where the poles stand: a head hangs over the road beyond the stop line of each incoming lane, as far as a driver who waits there can see it. Where the connectors of one lane
differ (a protected turn), each state has its own head, in the order of the turns from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from envs.driving.camera.mesh import Mesh, MeshBuilder
from envs.driving.road_outlines import LaneOutline, RoadOutlines

Lit = Literal["red", "yellow", "green", "off"]

_BEYOND: Final = 15.0  # m past the stop line: from there a waiting driver's camera sees it (38 degrees of vertical view)
_HEIGHT: Final = 4.3
_SCALE: Final = 1.9  # larger than life: legible in a picture 256 pixels wide


@dataclass(frozen=True)
class SignalHead:
    """One head: over ``at`` (x, y), facing traffic that drives along ``yaw``; it shows the state of ``connectors``; ``pole`` (x, y) beside the road carries it."""

    at: tuple[float, float]
    yaw: float
    connectors: tuple[str, ...]
    lane: str
    pole: tuple[float, float]


def place_heads(outlines: RoadOutlines, signalised: Iterable[str]) -> tuple[SignalHead, ...]:
    """Heads for all connectors in ``signalised``, at most two a lane: going straight (or its only way), and turning left where that is another connector."""
    wanted = set(signalised)
    by_lane: dict[str, list[LaneOutline]] = {}
    for connector in outlines.connectors:
        if connector.id in wanted:
            by_lane.setdefault(connector.from_lane, []).append(connector)
    heads = []
    for lane in sorted(by_lane):
        ways = sorted(by_lane[lane], key=lambda connector: -_turn(connector))
        lefts = [way.id for way in ways if _turn(way) > 0.6]
        others = [way.id for way in ways if _turn(way) <= 0.6]
        groups = [group for group in (lefts, others) if group]
        start = ways[0].baseline[0]
        along = ways[0].baseline[1] - start
        along = along / max(float(np.linalg.norm(along)), 1e-9)
        left = np.array([-along[1], along[0]])
        for number, group in enumerate(groups):
            shift = 0.0 if len(groups) == 1 else 0.9 * (0.5 - number)
            at = start + _BEYOND * along + shift * left
            pole = start + _BEYOND * along - 5.5 * left
            yaw = float(np.arctan2(along[1], along[0]))
            heads.append(SignalHead((float(at[0]), float(at[1])), yaw, tuple(group), lane, (float(pole[0]), float(pole[1]))))
    return tuple(heads)


def lit_lamp(head: SignalHead, lights: Mapping[str, bool | str]) -> Lit:
    """What ``head`` shows: ``lights`` maps connectors to red (True) or green (False), or to the lamp's name. Unknown: off. A red one wins over a green one."""
    states = [lights[connector] for connector in head.connectors if connector in lights]
    names: Sequence[str] = ["red" if state is True else "green" if state is False else str(state) for state in states]
    lamps: tuple[Lit, ...] = ("red", "yellow", "green")
    for lamp in lamps:
        if lamp in names:
            return lamp
    return "off"


@lru_cache(maxsize=4)
def head_mesh(lit: Lit) -> Mesh:
    """The head at the origin, its lamps facing -x (towards who drives along +x)."""
    builder = MeshBuilder()
    half, height, depth = 0.24 * _SCALE, 1.1 * _SCALE, 0.2 * _SCALE
    low = _HEIGHT
    builder.box((-depth, depth), (-half, half), (low, low + height), "signal_box")
    builder.quads(_board(-depth - 0.005, half * 1.2, low - 0.08, low + height + 0.08), "signal_box")
    for place, colour in ((5 / 6, "red"), (3 / 6, "yellow"), (1 / 6, "green")):
        shown = f"lens_{colour}" if colour == lit else f"lens_{colour}_off"
        radius = 0.155 * _SCALE * (1.35 if colour == lit else 0.9)
        builder.disc((-depth - 0.03, 0.0, low + place * height), radius, (-1.0, 0.0, 0.0), shown, sides=10)
    return builder.build()


def build_poles(builder: MeshBuilder, heads: Iterable[SignalHead]) -> None:
    """Poles and the arms that reach from them over the road, one pole a lane."""
    for head in {head.pole: head for head in heads}.values():
        arm = np.array([head.pole, head.at])
        builder.tube(head.pole, (0.0, _HEIGHT + 1.0), (0.11, 0.09), "pole")
        builder.ribbon(arm, 0.14, _HEIGHT + 0.9, "pole")
        builder.wall(arm, (_HEIGHT + 0.76, _HEIGHT + 0.9), "pole")
        builder.wall(arm[::-1], (_HEIGHT + 0.76, _HEIGHT + 0.9), "pole")


def _turn(connector: LaneOutline) -> float:
    """How far the connector turns to the left, rad."""
    line: NDArray[np.float64] = connector.baseline
    first, last = line[1] - line[0], line[-1] - line[-2]
    return float(np.arctan2(first[0] * last[1] - first[1] * last[0], first @ last))


def _board(x: float, half: float, low: float, high: float) -> NDArray[np.float64]:
    return np.array([[[x, half, low], [x, -half, low], [x, -half, high], [x, half, high]]])
