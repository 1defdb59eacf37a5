"""A roundabout of one lane and four arms: its ring is lanes between the arms and connectors where arms meet it."""

from __future__ import annotations

import numpy as np
import shapely

from scenarios.driving.forms.layout import Layout, Wish, straight_line
from scenarios.driving.roads.curves import transform
from scenarios.driving.roads.network import Crosswalk, RoadNetwork, Route

NAMES = ("east", "north", "west", "south")
HALF_ZONE = np.deg2rad(33.0)
"""An arm's junction covers the ring this far to either side of the arm."""


def _ring(radius: float, first: float, last: float) -> np.ndarray:
    angle = np.linspace(first, last, max(6, int(np.ceil(radius * (last - first))) + 1))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), angle + np.pi / 2])


def roundabout(rng: np.random.Generator, wish: Wish) -> Layout:
    """Radius 15 to 20 m to the middle of the ring; the ego comes from the west and leaves at the first, second or third arm."""
    radius, width, lane = float(rng.uniform(15.0, 20.0)), 5.0, float(rng.uniform(3.4, 3.7))
    speed = round(float(np.sqrt(1.9 * radius)), 1)
    mouth = radius + float(rng.uniform(13.0, 17.0))
    network = RoadNetwork()
    for k, name in enumerate(NAMES):
        angle = k * np.pi / 2
        out = np.array([np.cos(angle), np.sin(angle)])
        near, far = tuple(out * mouth), tuple(out * (mouth + 240.0))
        network.add_road(f"{name}.in", straight_line(far, near), [lane], 8.3, left_edge=-0.4)
        network.add_road(f"{name}.out", straight_line(near, far), [lane], 8.3, left_edge=-0.4)
        network.add_road(
            f"ring.{name}", _ring(radius, angle + HALF_ZONE, angle + np.pi / 2 - HALF_ZONE), [width], speed, left_edge=width / 2
        )
        for side in (1.0, -1.0):
            edge = side * (lane + 1.0)
            strip = np.array([[mouth, edge], [mouth + 240.0, edge], [mouth + 240.0, edge + side * 2.4], [mouth, edge + side * 2.4]])
            network.walkways.append(shapely.Polygon(transform(strip, (0.0, 0.0, angle))))
        if wish.crosswalk:
            half, pose = lane + 0.4, (0.0, 0.0, angle)
            corners = np.array([[mouth - 3.8, half], [mouth - 0.4, half], [mouth - 0.4, -half], [mouth - 3.8, -half]])
            line = np.array([[mouth - 2.1, -half - 1.4], [mouth - 2.1, half + 1.4]])
            network.crosswalks.append(Crosswalk(shapely.Polygon(transform(corners, pose)), transform(line, pose)))
    for k, name in enumerate(NAMES):
        before, angle = f"ring.{NAMES[k - 1]}.0", k * np.pi / 2
        zone = f"zone.{name}"
        network.connect(zone, before, f"ring.{name}.0", "straight", centre=_ring(radius, angle - HALF_ZONE, angle + HALF_ZONE))
        network.connect(zone, before, f"{name}.out.0", "right")
        network.add_stop(network.connect(zone, f"{name}.in.0", f"ring.{name}.0", "right").key)
        half = lane + 0.4
        area = shapely.Polygon(transform(np.array([[radius, half], [mouth, half], [mouth, -half], [radius, -half]]), (0.0, 0.0, angle)))
        network.close_junction(zone, area)
    ego = {turn: (_through(network, exits),) for turn, exits in (("right", 1), ("straight", 2), ("left", 3))}
    circulating = tuple(_from_ring(network, start, exits) for start, exits in (("east", 2), ("north", 2), ("north", 3)))
    focus = ego["straight"][0].entry()
    assert focus is not None
    return Layout("roundabout", network, ego, focus, crossing=circulating, gives_way=True, walked=tuple(network.crosswalks))


def _through(network: RoadNetwork, exits: int) -> Route:
    """From the west, out at the `exits`-th arm (anticlockwise: south, east, north)."""
    keys = ["west.in.0", "west.in.0>ring.west.0", "ring.west.0"]
    return network.route(_leave(keys, 2, exits))


def _from_ring(network: RoadNetwork, start: str, exits: int) -> Route:
    """From the arm `start` into the ring and out at the `exits`-th arm after it."""
    keys = [f"{start}.in.0", f"{start}.in.0>ring.{start}.0", f"ring.{start}.0"]
    return network.route(_leave(keys, NAMES.index(start), exits))


def _leave(keys: list[str], start: int, exits: int) -> list[str]:
    for step in range(1, exits + 1):
        here, arm = NAMES[(start + step - 1) % 4], NAMES[(start + step) % 4]
        if step == exits:
            return [*keys, f"ring.{here}.0>{arm}.out.0", f"{arm}.out.0"]
        keys = [*keys, f"ring.{here}.0>ring.{arm}.0", f"ring.{arm}.0"]
    return keys
