"""PDM-Closed's fifteen proposals: three lines, each driven at five speeds by IDM (navsim's PDMGenerator, BatchIDMPolicy).

Quirks that are kept: the leader is looked for at every second step; the first step has no leader's data and brakes; while the proposals of one line are looked at in turn, speed and rear length of a leader stay behind for the
next proposal where it does not set them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.planner.forecast import Forecast
from envs.driving.planner.path import Path, pose_at
from envs.driving.scene import Floats
from envs.driving.scoring.centreline import locate
from envs.driving.scoring.footprint import HALF_LENGTH, HALF_WIDTH, TO_CENTRE, box_corners
from envs.driving.scoring.overlap import box_touches_polygon
from envs.driving.traffic.clamped_idm import clamped_idm

OFFSETS_M = (0.0, -1.0, 1.0)
SPEED_FRACTIONS = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
FALLBACK_SPEED = 15.0
MIN_GAP_M, HEADWAY_S, MAX_ACCELERATION, MAX_DECELERATION, EXPONENT = 1.0, 1.5, 1.5, 3.0, 10
DT = 0.1
PROPOSAL_STEPS, PLAN_STEPS = 40, 50
QUARTER_SEGMENTS = 16


@dataclass(frozen=True, eq=False)
class Leaders:
    """Objects in one line's corridor, by moment: those of step ``2 j`` are rows ``first[j] : first[j + 1]``.

    ``progress`` (h,) m along the line; ``edges`` (E, 4) of their polygons, row i has ``edge_first[i] : edge_last[i]``; ``speed``, ``heading`` (h,); ``red`` (h,): a light.
    """

    first: NDArray[np.int64]
    progress: Floats
    edges: Floats
    edge_first: NDArray[np.int64]
    edge_last: NDArray[np.int64]
    speed: Floats
    heading: Floats
    red: NDArray[np.bool_]


@kernel
def _gap2(px, py, ax, ay, bx, by):
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    f = 0.0
    if length2 > 0.0:
        f = min(max(((px - ax) * dx + (py - ay) * dy) / length2, 0.0), 1.0)
    ex, ey = px - (ax + f * dx), py - (ay + f * dy)
    return ex * ex + ey * ey


@kernel
def _distance(box, edges, first, last):
    """m between a rectangle (4, 2) and a polygon, 0 where they meet."""
    if box_touches_polygon(box, edges, first, last):
        return 0.0
    best = np.inf
    for e in range(first, last):
        for i in range(4):
            j = (i + 1) % 4
            best = min(best, _gap2(edges[e, 0], edges[e, 1], box[i, 0], box[i, 1], box[j, 0], box[j, 1]))
            best = min(best, _gap2(box[i, 0], box[i, 1], edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]))
    return np.sqrt(best)


@kernel  # a lane may have a limit of 0 m/s
def _unroll(
    begin, end, path, progress, targets, first, hit_progress, edges, edge_first, edge_last, speed, heading, red, states, idm, leads, tied
):  # fmt: skip
    """Steps ``begin`` to ``end`` of the proposals of one line: ``states`` (P, T, 3), ``idm`` (P, T, 2) progress and speed, ``leads`` (P, T, 3) progress, speed and rear length. ``tied`` (T,): steps at which equals decided."""
    box = np.empty((4, 2))
    lead = np.zeros(3)
    for t in range(begin, end + 1):
        if t % 2 == 0:
            lead[:] = 0.0
            j = t // 2
            for p in range(len(states)):
                at, nearest, best = idm[p, t - 1, 0], -1, np.inf
                x, y, turn = states[p, t - 1]
                box_corners(x + TO_CENTRE * np.cos(turn), y + TO_CENTRE * np.sin(turn), turn, HALF_LENGTH, HALF_WIDTH, box)
                for h in range(first[j], first[j + 1]):
                    if hit_progress[h] > at:
                        gap = _distance(box, edges, edge_first[h], edge_last[h])
                        if gap < best:
                            nearest, best = h, gap
                        elif gap == best:
                            tied[t] = True
                if nearest >= 0:
                    lead[0] = at + best
                    if not red[nearest]:
                        off = heading[nearest] - turn
                        lead[1] = speed[nearest] * np.cos(np.arctan2(np.sin(off), np.cos(off)))
                else:
                    lead[0], lead[2] = progress[-1], HALF_LENGTH
                leads[p, t] = lead
        else:
            leads[:, t] = leads[:, t - 1]
        for p in range(len(states)):
            at, v = idm[p, t - 1]
            ahead, v_lead, rear = leads[p, t]
            gap = ahead - at - rear
            a = clamped_idm(v, targets[p], gap, v_lead, MIN_GAP_M, HEADWAY_S, MAX_ACCELERATION, MAX_DECELERATION, EXPONENT)
            idm[p, t, 0], idm[p, t, 1] = at + DT * v, v + DT * a
            pose_at(path, progress, idm[p, t, 0], states[p, t])


@dataclass(frozen=True, eq=False)
class Line:
    """One of the three lines with all that its proposals meet."""

    path: Path
    corridor: shapely.Polygon
    start_m: float
    leaders: Leaders


def speed_targets(limit: float | None) -> Floats:
    """(5,) m/s. ``limit``: of the lane to start from."""
    return SPEED_FRACTIONS * (FALLBACK_SPEED if limit is None else limit)


def lines(centreline: Floats, ego_state: Floats, targets: Floats, expected: Forecast) -> list[Line]:
    """The centreline and its neighbours at 1 m to the right and to the left, for an ego at ``ego_state`` (11,)."""
    made = []
    for offset in OFFSETS_M:
        path = Path.along(centreline, offset)
        start = path.project(ego_state[:2])
        reach = start + abs(float(targets.max())) * PLAN_STEPS * DT
        corridor = path.between(start, reach).buffer(HALF_WIDTH, quad_segs=QUARTER_SEGMENTS, cap_style="square")
        made.append(Line(path, corridor, start, leaders(path, corridor, expected)))
    return made


def leaders(path: Path, corridor: shapely.Polygon, expected: Forecast, ordered: frozenset[int] = frozenset()) -> Leaders:
    """What is in ``corridor`` at every second step. ``ordered``: steps whose objects are listed as an STRtree of all of them finds them, which is how the original decides between equals."""
    shapely.prepare(corridor)
    xmin, ymin, xmax, ymax = corridor.bounds
    n, reds, boxes = len(expected.speed), expected.reds, expected.boxes
    low, high = expected.bounds
    near = (high[..., 0] >= xmin) & (low[..., 0] <= xmax) & (high[..., 1] >= ymin) & (low[..., 1] <= ymax) & ~expected.ignored
    moment, thing = np.nonzero(near)
    if len(thing):
        hit = np.asarray(shapely.intersects(corridor, shapely.polygons(boxes[moment, thing])))
        moment, thing = moment[hit], thing[hit]
    red = np.flatnonzero(
        [not ignored and corridor.intersects(polygon) for polygon, ignored in zip(expected.red_polygons, expected.red_ignored)]
    )
    middles = np.concatenate(
        [expected.centres[moment, thing], np.zeros((0, 2)), *([expected.red_centres[red]] * (len(boxes) if len(red) else 0))]
    )
    box_edges = np.concatenate([boxes[moment, thing], np.roll(boxes[moment, thing], -1, axis=1)], axis=2).reshape(-1, 4)
    begin = np.concatenate([4 * np.arange(len(thing)), np.tile(len(box_edges) + reds.offsets[red], len(boxes))])
    end = np.concatenate([4 * np.arange(len(thing)) + 4, np.tile(len(box_edges) + reds.offsets[red + 1], len(boxes))])
    moment = np.concatenate([moment, np.repeat(np.arange(len(boxes)), len(red))])
    thing = np.concatenate([thing, np.tile(n + red, len(boxes))])
    rank = thing.copy()
    for step in ordered:
        place = {found: i for i, found in enumerate(_tree_order(boxes[step // 2 - 1], expected, corridor))}
        rows = np.flatnonzero(moment == step // 2 - 1)
        rank[rows] = [place.get(int(found), len(place)) for found in thing[rows]]
    order = np.lexsort((rank, moment))
    moment, thing = moment[order], thing[order]
    is_red = thing >= n
    known = np.where(is_red, 0, thing)
    counts = np.cumsum(np.bincount(moment, minlength=len(boxes)))
    return Leaders(
        first=np.concatenate([[0, 0], counts]).astype(np.int64),  # nobody looks for a leader at step 0
        progress=_located(path.xy, np.ascontiguousarray(middles[order])),
        edges=np.concatenate([box_edges, reds.edges]),
        edge_first=begin[order].astype(np.int64),
        edge_last=end[order].astype(np.int64),
        speed=np.where(is_red, 0.0, expected.speed[known]) if n else np.zeros(len(thing)),
        heading=np.where(is_red, 0.0, expected.heading[known]) if n else np.zeros(len(thing)),
        red=is_red,
    )


@kernel
def _located(line, points):
    """(m,) m along ``line`` (n, 2) nearest to each of ``points`` (m, 2)."""
    out = np.empty(len(points))
    for i in range(len(points)):
        out[i] = locate(line, points[i, 0], points[i, 1])[0]
    return out


def _tree_order(boxes: Floats, expected: Forecast, corridor: shapely.Polygon) -> list[int]:
    everything = (
        [*np.atleast_1d(np.asarray(shapely.polygons(boxes))), *expected.red_polygons] if len(boxes) else list(expected.red_polygons)
    )
    return [int(i) for i in shapely.STRtree(everything, node_capacity=10).query(corridor, predicate="intersects")]


@dataclass(eq=False)
class Proposals:
    """``poses`` (15, 51, 3), of which steps 0 to 40 are driven for all and the rest for the chosen one; ``idm`` (15, 51, 2) and ``leads`` (15, 51, 3) as the original keeps them."""

    lines: list[Line]
    targets: Floats
    poses: Floats
    idm: Floats
    leads: Floats
    expected: Forecast

    def _drive(self, line: int, rows: slice, begin: int, end: int) -> None:
        each = len(self.targets)
        targets = self.targets[rows.start - line * each : rows.stop - line * each]
        while True:
            found, path = self.lines[line].leaders, self.lines[line].path
            tied = np.zeros(PLAN_STEPS + 1, bool)
            _unroll(
                begin, end, path.poses, path.progress, targets, found.first, found.progress, found.edges, found.edge_first, found.edge_last, found.speed, found.heading,
                found.red, self.poses[rows], self.idm[rows], self.leads[rows], tied,
            )  # fmt: skip
            steps = frozenset(int(step) for step in np.flatnonzero(tied)) | self._ordered.get(line, frozenset())
            if steps == self._ordered.get(line, frozenset()):
                return
            self._ordered[line] = steps
            self.lines[line] = Line(
                path, self.lines[line].corridor, self.lines[line].start_m, leaders(path, self.lines[line].corridor, self.expected, steps)
            )

    def __post_init__(self) -> None:
        self._ordered: dict[int, frozenset[int]] = {}

    def extend(self, choice: int) -> Floats:
        """(51, 3) of the proposal ``choice``, driven on to 5 s alone."""
        self._drive(choice // len(self.targets), slice(choice, choice + 1), PROPOSAL_STEPS + 1, PLAN_STEPS)
        return self.poses[choice]


def propose(centreline: Floats, ego_state: Floats, speed_limit: float | None, expected: Forecast) -> Proposals:
    """The fifteen, driven for 4 s. Number = 5 line + speed."""
    targets = speed_targets(speed_limit)
    each, count = len(targets), len(targets) * len(OFFSETS_M)
    made = Proposals(
        lines=lines(centreline, ego_state, targets, expected),
        targets=targets,
        poses=np.zeros((count, PLAN_STEPS + 1, 3)),
        idm=np.zeros((count, PLAN_STEPS + 1, 2)),
        leads=np.zeros((count, PLAN_STEPS + 1, 3)),
        expected=expected,
    )
    for i, line in enumerate(made.lines):
        rows = slice(each * i, each * (i + 1))
        made.poses[rows, 0] = line.path.at(line.start_m)
        made.idm[rows, 0] = line.start_m, ego_state[3]
        made._drive(i, rows, 1, PROPOSAL_STEPS)
    return made
