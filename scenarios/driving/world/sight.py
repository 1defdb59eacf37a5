"""What a driver finds on the way ahead: things to follow, and ways that cross or join it. Vectorised over the things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.driving.roads.curves import Array
from scenarios.driving.roads.path import Path

HORIZON = np.arange(0.0, 8.01, 0.4)
"""Seconds at which the others' movement is foreseen."""


@dataclass(frozen=True)
class Things:
    """Boxes of one moment: `pose` (n, 3), `half` (n, 2) half length and half width [m], `speed` (n,) along the heading. The first m can move: `ahead` (m, k, 3) poses foreseen at HORIZON, and whether they will at all (m,)."""

    pose: Array
    half: Array
    speed: Array
    ahead: Array
    moves: NDArray[np.bool_]
    props: NDArray[np.intp] | None = None
    """Rows of the world's props that stand here, after what can move."""

    def joined(self, pose: Array, half: Array, speed: float, ahead: Array) -> Things:
        """With one more that moves: it comes after the other moving ones, before what stands."""
        m = len(self.ahead)
        return Things(
            np.concatenate([self.pose[:m], pose, self.pose[m:]]), np.concatenate([self.half[:m], half, self.half[m:]]),
            np.insert(self.speed, m, speed), np.concatenate([self.ahead, ahead[None]]), np.append(self.moves, speed > 0.2),
        )  # fmt: skip

    def moving(self, rows: list[int]) -> Things:
        """Only those of `rows`, which can move."""
        return Things(self.pose[rows], self.half[rows], self.speed[rows], self.ahead[rows], self.moves[rows])

    def boxes_without(self, row: int) -> tuple[Array, Array, Array]:
        """Poses, half sizes and speeds of all but one."""
        keep = np.arange(len(self.pose)) != row
        return self.pose[keep], self.half[keep], self.speed[keep]


def on_path(path: Path, s: float, reach: float, pose: Array, half: Array, stride: int = 1) -> tuple[Array, Array, Array, Array, Array]:
    """Boxes (..., 3) with half sizes (..., 2) seen from the path between s - 15 m and s + reach: along, left, half extent along, half extent across, heading relative to the path (each (...))."""
    first = max(int((s - 15.0) / 0.5), 0)
    samples = path.samples[first : int((s + reach) / 0.5) + 2 : stride]
    if len(samples) < 2:
        samples, first = path.samples[-1 - stride :: stride], len(path.samples) - 1 - stride
    flat = pose.reshape(-1, 3)
    dx, dy = flat[:, None, 0] - samples[None, :, 0], flat[:, None, 1] - samples[None, :, 1]
    nearest = np.argmin(dx * dx + dy * dy, axis=1)
    rows = np.arange(len(flat))
    heading = samples[nearest, 2]
    cosine, sine = np.cos(heading), np.sin(heading)
    ox, oy = dx[rows, nearest], dy[rows, nearest]
    along = path.s[first + stride * nearest] + ox * cosine + oy * sine
    left = oy * cosine - ox * sine
    turn = flat[:, 2] - heading
    c, w = np.abs(np.cos(turn)), np.abs(np.sin(turn))
    sizes = half.reshape(-1, 2)
    shape = pose.shape[:-1]
    relative = np.arctan2(np.sin(turn), np.cos(turn))
    return (
        along.reshape(shape),
        left.reshape(shape),
        (sizes[:, 0] * c + sizes[:, 1] * w).reshape(shape),
        (sizes[:, 0] * w + sizes[:, 1] * c).reshape(shape),
        relative.reshape(shape),
    )


@dataclass(frozen=True)
class Leader:
    """The nearest thing in the corridor ahead: clear distance [m], its speed along the path [m/s], its row."""

    gap: float
    speed: float
    row: int


def leader(
    path: Path,
    s: float,
    front: float,
    half_width: float,
    boxes: tuple[Array, Array, Array],
    reach: float = 90.0,
    margin: float = 0.25,
    crossing: bool = True,
) -> Leader | None:
    """The nearest thing that overlaps the corridor of `half_width` ahead of the driver at distance s, whose front is `front` metres further on; without what moves across, if not `crossing`."""
    pose, half, speed = boxes
    if not len(pose):
        return None
    along, left, extent, across, relative = on_path(path, s, reach, pose, half)
    gap = along - extent - s - front
    inside = (np.abs(left) < half_width + across + margin) & (along > s + 0.5 * front) & (gap < reach)
    inside &= along < path.s[-1] + 5.0
    if not crossing:
        inside &= (np.abs(relative) < 0.9) | (speed < 0.3)
    if not inside.any():
        return None
    row = int(np.argmin(np.where(inside, gap, np.inf)))
    return Leader(float(gap[row]), float(speed[row] * np.cos(relative[row])), row)


@dataclass(frozen=True)
class Conflict:
    """One thing that will be in the corridor: where (first and last distance along the path of its box [m]) and when (seconds from now); `joins`: it goes the same way there; its present distance if so."""

    row: int
    start: float
    end: float
    enters: float
    leaves: float
    joins: bool
    level: float
    speed: float
    head_on: bool


def conflicts(path: Path, s: float, half_width: float, things: Things, reach: float = 110.0, margin: float = 0.4) -> list[Conflict]:
    """Things that come into the corridor ahead within HORIZON and are not in it, going the same way, already."""
    rows = np.flatnonzero(things.moves)
    if not len(rows):
        return []
    ahead = things.ahead[rows]
    halves = np.broadcast_to(things.half[rows, None, :], (*ahead.shape[:2], 2))
    along, left, extent, across, relative = on_path(path, s, reach, ahead, halves, stride=2)
    inside = (np.abs(left) < half_width + across + margin) & (along > s - 1.0) & (along < min(s + reach, path.length))
    found: list[Conflict] = []
    for row in np.flatnonzero(inside.any(axis=1)):
        when = np.flatnonzero(inside[row])
        first = int(when[0])
        same = bool(abs(relative[row, first]) < 0.9)
        if same and first == 0:
            continue  # in the lane already: a leader
        if same and abs(relative[row, when[-1]]) > 0.9:
            same = False
        gone = when[-1] < len(HORIZON) - 1
        leaves = float(HORIZON[when[-1]] + 0.2) if gone else 60.0
        start = float((along[row, when] - extent[row, when]).min())
        end = float((along[row, when] + extent[row, when]).max())
        enters = float(HORIZON[first] - 0.2) if first else 0.0
        speed = float(np.hypot(*(ahead[row, first, :2] - ahead[row, first - 1, :2])) / 0.4) if first else float(things.speed[rows[row]])
        head_on = bool(abs(relative[row, first]) > 2.2)
        found.append(
            Conflict(
                int(rows[row]), start, end, enters, leaves, same, float(along[row, first]) - speed * float(HORIZON[first]), speed, head_on
            )
        )
    return found
