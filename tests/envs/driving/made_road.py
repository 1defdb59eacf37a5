"""A straight road of our own, with a crossing whose light can be red, for scenes where a test decides every detail.

Two lanes (y = 0 towards +x on the route, y = 3.5 beside it) of 200 m, a signalled connector over an intersection of 20 m, and 200 m more. The ego starts at x = 50 with 8 m/s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from envs.driving.map import DrivingMap, Layer, MapBuilder
from envs.driving.scene import Boxes, Frame, Scene, TrafficLights

LANE = 3.5
CROSSING = (200.0, 220.0)
END = 420.0
START_US = 1_600_000_000_000_000
START_X, SPEED = 50.0, 8.0


def rectangle(x0: float, x1: float, y0: float, y1: float) -> np.ndarray:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])


@dataclass(frozen=True)
class Road:
    map: DrivingMap
    route: tuple[str, ...]
    connectors: tuple[str, str]
    """of the route's lane, and of the lane beside it"""


def made_road(speed_limit: float | None = 13.0) -> Road:
    b = MapBuilder("made")
    stretches = [(0.0, CROSSING[0]), (CROSSING[1], END)]
    blocks = [b.roadblock(rectangle(*x, -LANE / 2, 1.5 * LANE)) for x in stretches]
    lanes = [[_lane(b, block, x, number, speed_limit) for number in range(2)] for block, x in zip(blocks, stretches)]
    crossing = b.area(Layer.INTERSECTION, rectangle(*CROSSING, -LANE / 2 - 5, 1.5 * LANE + 5))
    joint = b.roadblock_connector(rectangle(*CROSSING, -LANE / 2, 1.5 * LANE), blocks[0], blocks[1], crossing)
    connectors = []
    for number in range(2):
        y = LANE * (1 - number)
        edges = [b.boundary([[CROSSING[0], y + side], [CROSSING[1], y + side]]) for side in (LANE / 2, -LANE / 2)]
        stop = b.stop_polygon(rectangle(CROSSING[0] - 1, CROSSING[0], y - LANE / 2, y + LANE / 2))
        connectors.append(
            b.lane_connector(
                joint, rectangle(*CROSSING, y - LANE / 2, y + LANE / 2), np.column_stack([np.linspace(*CROSSING, 21), np.full(21, y)]),
                edges[0], edges[1], lanes[0][number], lanes[1][number], speed_limit, [stop],
            )
        )  # fmt: skip
    return Road(b.build(), (blocks[0], joint, blocks[1]), (connectors[1], connectors[0]))


def _lane(b: MapBuilder, block: str, x: tuple[float, float], number: int, limit: float | None) -> str:
    y = LANE * (1 - number)
    line = np.column_stack([np.linspace(*x, 201), np.full(201, y)])
    edges = [b.boundary(line + np.array([0.0, side])) for side in (LANE / 2, -LANE / 2)]
    return b.lane(block, rectangle(*x, y - LANE / 2, y + LANE / 2), line, edges[0], edges[1], number, limit)


@dataclass(frozen=True)
class Thing:
    """An object: ``at(t)`` gives x, y, heading t seconds from now, or None while it is not seen."""

    token: str
    at: Callable[[float], tuple[float, float, float] | None]
    name: str = "vehicle"
    size: tuple[float, float] = (4.6, 1.9)
    velocity: tuple[float, float] = (0.0, 0.0)


def standing(token: str, x: float, y: float, name: str = "vehicle", **options: Any) -> Thing:
    return Thing(token, lambda t: (x, y, 0.0), name, **options)


def driving(token: str, x: float, y: float, speed: float, heading: float = 0.0, name: str = "vehicle") -> Thing:
    vx, vy = speed * np.cos(heading), speed * np.sin(heading)
    return Thing(token, lambda t: (x + vx * t, y + vy * t, heading), name, velocity=(vx, vy))


def made_scene(
    road: Road, things: Sequence[Thing] = (), *, x: float = START_X, y: float = 0.0, speed: float = SPEED,
    lights: Callable[[float], TrafficLights] = lambda t: (), human: Callable[[float], tuple[float, float, float]] | None = None,
    late_us: int = 0, route: tuple[str, ...] | None = None, token: str = "0123456789abcdef",
) -> Scene:  # fmt: skip
    """14 frames at 2 Hz. ``human(t)``: the ego's pose for t > 0, straight on without; ``late_us``: how late every frame of the history is, so that the history is longer than 1.5 s."""
    frames = []
    for k in range(14):
        t = 0.5 * (k - 3)
        pose = np.array(human(t) if human is not None and t > 0 else (x + speed * t, y, 0.0))
        seen = [(thing, place) for thing in things if (place := thing.at(t)) is not None]
        boxes = Boxes(
            np.array([[p[0], p[1], 0.8] for _, p in seen]).reshape(-1, 3), np.array([[*thing.size, 1.6] for thing, _ in seen]).reshape(-1, 3),
            np.array([p[2] for _, p in seen], float), np.array([[*thing.velocity, 0.0] for thing, _ in seen]).reshape(-1, 3),
            tuple(thing.name for thing, _ in seen), tuple(thing.token for thing, _ in seen),
        ).to_ego(pose)  # fmt: skip
        frames.append(
            Frame(f"{k:016x}" if k != 3 else token, START_US + 500_000 * k - late_us * max(3 - k, 0), pose, np.array([speed, 0.0]), np.zeros(2),
                  np.array([0, 1, 0, 0]), road.route if route is None else route, lights(t), boxes)
        )  # fmt: skip
    return Scene(token, "made", "made", "made", tuple(frames))


def plan(speed: float = SPEED, y: float = 0.0, n: int = 8, dt: float = 0.5) -> np.ndarray:
    """Poses straight on at ``speed``, drifting to ``y`` m aside over the whole plan."""
    t = dt * np.arange(1, n + 1)
    return np.column_stack([speed * t, y * np.minimum(t / (n * dt) * 1.5, 1.0), np.zeros(n)])
