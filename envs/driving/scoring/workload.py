"""A scene of as many objects as wanted, and as many plans: what the cost curves are measured on."""

from __future__ import annotations

import numpy as np

from envs.driving.map import DrivingMap, Layer, MapBuilder
from envs.driving.scene import Boxes, Floats, Frame, Scene

LANE_M = 3.5
LANES = 4
LENGTH_M = 400.0
FRAMES = 14
EGO_SPEED = 8.0


def straight_road() -> DrivingMap:
    """Four lanes of 400 m in a slightly crooked line, and the road goes on for as much."""
    builder = MapBuilder("workload")
    x = np.linspace(0.0, LENGTH_M, 201)
    bend = 2.0 * np.sin(x / 60.0)
    blocks = []
    for part in range(2):
        shift = part * LENGTH_M
        y = bend if part == 0 else bend[-1] + 0 * x
        block = builder.roadblock(_strip(x + shift, y, -2 * LANE_M, 2 * LANE_M))
        lanes = []
        for number in range(LANES):
            left = 2 * LANE_M - number * LANE_M
            sides = [builder.boundary(np.column_stack([x + shift, y + side])) for side in (left, left - LANE_M)]
            middle = np.column_stack([x + shift, y + left - LANE_M / 2])
            lanes.append(builder.lane(block, _strip(x + shift, y, left - LANE_M, left), middle, sides[0], sides[1], number, 13.0))
        blocks.append((block, lanes, y))
    (first, start_lanes, y), (second, end_lanes, _) = blocks
    crossing = builder.area(Layer.INTERSECTION, _strip(np.array([LENGTH_M - 0.5, LENGTH_M + 0.5]), y[[-1, -1]], -2 * LANE_M, 2 * LANE_M))
    joint = builder.roadblock_connector(
        _strip(np.array([LENGTH_M - 0.5, LENGTH_M + 0.5]), y[[-1, -1]], -2 * LANE_M, 2 * LANE_M), first, second, crossing
    )
    for number, (a, b) in enumerate(zip(start_lanes, end_lanes)):
        left = 2 * LANE_M - number * LANE_M
        line = np.column_stack([[LENGTH_M - 0.5, LENGTH_M, LENGTH_M + 0.5], y[[-1, -1, -1]] + left - LANE_M / 2])
        sides = [builder.boundary(line + np.array([0.0, side])) for side in (LANE_M / 2, -LANE_M / 2)]
        builder.lane_connector(joint, _strip(line[:, 0], y[[-1, -1, -1]], left - LANE_M, left), line, sides[0], sides[1], a, b, 13.0)
    return builder.build()


def _strip(x: Floats, y: Floats, low: float, high: float) -> Floats:
    return np.concatenate([np.column_stack([x, y + low]), np.column_stack([x, y + high])[::-1]])


def made_scene(objects: int, seed: int = 0) -> tuple[Scene, DrivingMap]:
    """A scene with ``objects`` within 100 m of the ego: every other one a vehicle on a lane, the rest pedestrians and cones beside the road."""
    rng, driving_map = np.random.default_rng(seed), straight_road()
    start = 100.0

    def on(lane: int, along: float) -> Floats:
        path = driving_map.lanes.baselines.path(lane)
        return np.array([np.interp(along, path[:, 0], path[:, column]) for column in range(3)])

    places = []
    for k in range(objects):
        along = start + rng.uniform(12.0, 100.0) * (1 if rng.random() < 0.7 else -1)
        vehicle = k % 2 == 0
        lane = int(rng.integers(LANES))
        places.append(
            (vehicle, lane, along, rng.uniform(3.0, 9.0) if vehicle else rng.choice([0.0, 1.0]), rng.uniform(8.0, 12.0), rng.random())
        )
    frames = []
    for f in range(FRAMES):
        t = 0.5 * (f - 3)
        ego = on(1, start + EGO_SPEED * t)
        rows, names, tokens = [], [], []
        for k, (vehicle, lane, along, speed, beside, chance) in enumerate(places):
            pose = on(lane, along + speed * t)
            if not vehicle:
                pose = pose + np.array([0.0, beside if chance < 0.5 else -beside - 4 * LANE_M, 0.0])
            size = (4.6, 1.9, 1.6) if vehicle else (0.6, 0.6, 1.7)
            rows.append((*pose[:2], 0.0, *size, pose[2], speed, 0.0, 0.0))
            names.append("vehicle" if vehicle else "pedestrian" if chance < 0.5 else "traffic_cone")
            tokens.append(f"{k:016x}")
        table = np.array(rows).reshape(-1, 10)
        boxes = Boxes(table[:, :3], table[:, 3:6], table[:, 6], table[:, 7:], tuple(names), tuple(tokens)).to_ego(ego)
        frames.append(
            Frame(f"{f:016x}", 1_600_000_000_000_000 + 500_000 * f, ego, np.array([EGO_SPEED, 0.0]), np.zeros(2), np.array([0, 1, 0, 0]),
                  tuple(driving_map.roadblocks.ids), (), boxes)
        )  # fmt: skip
    return Scene("made000000000000", "workload", driving_map.name, "workload", tuple(frames)), driving_map


def made_plans(count: int, seed: int = 1) -> Floats:
    """(count, 8, 3) plans at 2 Hz: speeds from standing to 12 m/s, with a little steering."""
    rng = np.random.default_rng(seed)
    speed, drift = rng.uniform(0.0, 12.0, count), rng.uniform(-0.8, 0.8, count)
    t = 0.5 * np.arange(1, 9)
    x = speed[:, None] * t
    return np.stack([x, drift[:, None] * (t / 4.0) ** 2, np.broadcast_to((drift * 0.02)[:, None], x.shape)], axis=-1)
