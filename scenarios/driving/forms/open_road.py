"""Roads without a junction: straight with several lanes, and curves."""

from __future__ import annotations

import numpy as np
import shapely

from scenarios.driving.forms.layout import Layout, Wish, straight_line
from scenarios.driving.roads.curves import Array, arc_length, offset, reverse, sweep, transform
from scenarios.driving.roads.network import Crosswalk, RoadNetwork

LIMITS = (8.3, 11.1, 13.9, 16.7)
"""Speed limits of streets: 30, 40, 50 and 60 km/h."""


def along_one_way(network: RoadNetwork, reference: Array, lanes: int, width: float, speed: float, two_way: bool) -> None:
    """A road `out` along the curve `reference` (its left edge), with walkways; `back` beside it when two-way."""
    network.add_road("out", reference, [width] * lanes, speed)
    kerbs = [offset(reference, -lanes * width - 0.6)]
    if two_way:
        network.add_road("back", reverse(reference), [width] * lanes, speed)
        kerbs.append(offset(reverse(reference), -lanes * width - 0.6))
    else:
        kerbs.append(offset(reverse(reference), -0.6))
    for kerb in kerbs:
        edge = offset(kerb, -2.4)
        network.walkways.append(shapely.Polygon(np.concatenate([kerb[:, :2], edge[::-1, :2]])))


def crosswalk_across(reference: Array, index: int, left: float, right: float, depth: float = 4.0) -> Crosswalk:
    """A crosswalk at sample `index` of the curve, from `left` metres left of it to `right` metres right of it."""
    x, y, heading = reference[index]
    corners = np.array([[0.0, left], [depth, left], [depth, -right], [0.0, -right]])
    line = np.array([[depth / 2, -right - 1.4], [depth / 2, left + 1.4]])
    pose = (float(x), float(y), float(heading))
    return Crosswalk(shapely.Polygon(transform(corners, pose)), transform(line, pose))


def open_layout(form: str, reference: Array, focus: float, wish: Wish, rng: np.random.Generator, speed: float, most: int) -> Layout:
    """The layout of a road along `reference`: number and width of lanes, one- or two-way and the crosswalk are drawn."""
    lanes = 1 if wish.narrow else wish.draw_lanes(rng, 1, most)
    width = float(rng.uniform(2.9, 3.1) if wish.narrow else rng.uniform(3.3, 3.7))
    drawn = bool(rng.random() < 0.75)
    two_way = drawn if wish.two_way is None and not wish.narrow else bool(wish.two_way is not False)
    network = RoadNetwork()
    along_one_way(network, reference, lanes, width, speed, two_way)
    if wish.crosswalk:
        place = int(np.searchsorted(arc_length(reference), focus))
        network.crosswalks.append(crosswalk_across(reference, place, lanes * width if two_way else 0.0, lanes * width))
    ego = tuple(network.follow(key) for key in network.roads["out"].lanes)
    oncoming = tuple(network.follow(key) for key in network.roads["back"].lanes) if two_way else ()
    return Layout(form, network, {"straight": ego}, focus, oncoming=oncoming, walked=tuple(network.crosswalks))


def straight(rng: np.random.Generator, wish: Wish) -> Layout:
    """A straight road, 700 m long, of one to four lanes."""
    speed = float(rng.choice(LIMITS[:2] if wish.narrow or wish.crosswalk or wish.slow else LIMITS))
    return open_layout("straight", straight_line((-350.0, 0.0), (350.0, 0.0)), 230.0, wish, rng, speed, 4)


def curve(rng: np.random.Generator, wish: Wish) -> Layout:
    """A bend to the left or right of radius 35 to 140 m between straights; its limit is what 2 m/s2 across allows."""
    radius = float(rng.uniform(35.0, 140.0))
    angle = float(rng.uniform(0.6, 1.4))
    sign = 1.0 if rng.random() < 0.5 else -1.0
    speed = min(11.1 if wish.slow or wish.crosswalk else 13.9, round(float(np.sqrt(2.0 * radius)), 1))
    ramp = min(25.0, 0.4 * radius * angle)
    bend = sign / radius
    held = max(radius * angle - ramp, 5.0)
    reference = sweep(
        (-260.0, 0.0, 0.0), [(200.0, 0.0, 0.0), (ramp, 0.0, bend), (held, bend, bend), (ramp, bend, 0.0), (300.0, 0.0, 0.0)], 1.5
    )
    return open_layout("curve", reference, 200.0, wish, rng, speed, 3)
