"""The compiled proposals against a plain one, written from the specification with shapely alone, in traffic far denser than the fixtures': overlapping boxes, equal distances, lights."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from envs.driving.planner.forecast import Forecast, forecast
from envs.driving.planner.path import Path
from envs.driving.planner.proposals import OFFSETS_M, SPEED_FRACTIONS, propose
from envs.driving.scoring.areas import PolygonSet, polygon_set
from envs.driving.traffic.tracks import Moment

HALF_LENGTH, HALF_WIDTH, TO_CENTRE = 2.588, 1.1485, 1.461
EGO = np.array([(4.0, 1.1), (-1.1, 1.1), (-1.1, -1.1), (4.0, -1.1), (1.4, 0.0)])


def plain(centreline: np.ndarray, speed: float, limit: float, expected: Forecast) -> np.ndarray:
    """(15, 41, 3) poses."""
    n, poses = len(expected.speed), np.zeros((15, 41, 3))
    targets = SPEED_FRACTIONS * limit
    for line, offset in enumerate(OFFSETS_M):
        path = Path.along(centreline, offset)
        string = shapely.LineString(path.xy)
        begin = string.project(shapely.Point(0.0, 0.0))
        inside = (path.progress >= begin) & (path.progress <= begin + limit * 5)
        corridor = shapely.LineString(path.xy[inside]).buffer(HALF_WIDTH, quad_segs=16, cap_style="square")
        progress, velocity, leads = np.full((5, 41), begin), np.full((5, 41), speed), np.zeros((5, 41, 3))
        poses[5 * line : 5 * line + 5, 0] = path.at(begin)
        for t in range(1, 41):
            leads[:, t] = leads[:, t - 1]
            if t % 2 == 0:
                polygons = [shapely.Polygon(box + t * 0.1 * drift) for box, drift in zip(expected.corners, expected.drift)] + list(
                    expected.red_polygons
                )
                found = [
                    i
                    for i in shapely.STRtree(polygons).query(corridor, predicate="intersects")
                    if not (expected.ignored[i] if i < n else expected.red_ignored[i - n])
                ]
                along = {i: string.project(polygons[i].centroid) for i in found}
                lead = np.zeros(3)
                for p in range(5):
                    ahead = [i for i in found if along[i] > progress[p, t - 1]]
                    if ahead:
                        x, y, turn = poses[5 * line + p, t - 1]
                        ego = shapely.affinity.translate(
                            shapely.affinity.rotate(shapely.box(-HALF_LENGTH, -HALF_WIDTH, HALF_LENGTH, HALF_WIDTH), turn, origin=(0, 0), use_radians=True),
                            x + TO_CENTRE * np.cos(turn), y + TO_CENTRE * np.sin(turn),
                        )  # fmt: skip
                        gaps = [ego.distance(polygons[i]) for i in ahead]
                        nearest = ahead[int(np.argmin(gaps))]
                        lead[0] = progress[p, t - 1] + min(gaps)
                        if nearest < n:
                            lead[1] = expected.speed[nearest] * np.cos(expected.heading[nearest] - turn)
                    else:
                        lead[0], lead[2] = string.length, HALF_LENGTH
                    leads[p, t] = lead
            for p in range(5):
                s, v = progress[p, t - 1], velocity[p, t - 1]
                wanted = 1.0 + 1.5 * v + v * (v - leads[p, t, 1]) / (2 * np.sqrt(4.5))
                free = max(leads[p, t, 0] - s - leads[p, t, 2], 1.0)
                a = np.clip(1.5 * (1 - (v / targets[p]) ** 10 - (wanted / free) ** 2), -3.0, 1.5)
                progress[p, t], velocity[p, t] = s + 0.1 * v, v + 0.1 * a
                poses[5 * line + p, t] = path.at(progress[p, t])
    return poses


def dense(rng: np.random.Generator, count: int, spread: float) -> Moment:
    """Boxes around a road along x, many of them overlapping."""
    kinds = ("vehicle", "pedestrian", "bicycle", "traffic_cone", "barrier")
    return Moment(
        poses=np.column_stack([rng.uniform(-20, 90, count), rng.normal(0, spread, count), rng.uniform(-np.pi, np.pi, count)]),
        velocity=rng.normal(0, 4, (count, 2)),
        size=np.asarray(rng.uniform(0.4, 6.0, (count, 2))),
        names=tuple(kinds[i] for i in rng.integers(0, len(kinds), count)),
        tokens=tuple(map(str, range(count))),
    )


def lights(rng: np.random.Generator, count: int) -> PolygonSet:
    squares = []
    for x, y in rng.uniform((-5, -6), (60, 4), (count, 2)):
        ring = np.array([(x, y), (x + 9, y - 1), (x + 12, y + 4), (x + 5, y + 2), (x, y + 5), (x, y)])
        squares.append([ring])
    return polygon_set(squares) if squares else PolygonSet(np.zeros((0, 4)), np.zeros(1, np.int64), np.zeros((0, 4)))


@pytest.mark.parametrize("seed", range(12))
def test_as_a_plain_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bend = rng.uniform(-0.01, 0.01)
    heading = np.asarray(bend * np.arange(-15, 140), np.float64)
    xy = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0) - [15.0, rng.uniform(-1, 1)]
    centreline = np.asarray(np.column_stack([xy, heading]), np.float64)
    expected = forecast(dense(rng, int(rng.integers(5, 120)), float(rng.choice([2.0, 12.0]))), lights(rng, int(rng.integers(0, 3))), EGO)
    speed, limit = float(rng.uniform(0, 12)), float(rng.uniform(5, 15))
    state = np.zeros(11)
    state[3] = speed
    ours = propose(centreline, state, limit, expected).poses[:, :41]
    assert np.allclose(ours, plain(centreline, speed, limit, expected), rtol=0, atol=1e-6)


def test_overlapping_boxes_of_different_speeds_do_occur() -> None:
    rng = np.random.default_rng(0)
    expected = forecast(dense(rng, 100, 2.0), lights(rng, 0), EGO)
    centreline = np.column_stack([np.arange(-15.0, 140), np.zeros(155), np.zeros(155)])
    state = np.zeros(11)
    state[3] = 9.0
    assert propose(centreline, state, 13.0, expected)._ordered
