"""Forms where lanes come together: merge (a lane ends), on-ramp, narrowing by road works."""

from __future__ import annotations

import numpy as np
import shapely

from scenarios.driving.forms.layout import Layout, Prop, Wish, straight_line
from scenarios.driving.roads.curves import reverse, sweep
from scenarios.driving.roads.network import RoadNetwork

CONE = (0.4, 0.4, 0.8)
BARRIER = (2.0, 0.5, 1.0)


def _walkway(network: RoadNetwork, first: tuple[float, float], last: tuple[float, float], side: float) -> None:
    (x0, y), (x1, _) = first, last
    network.walkways.append(shapely.Polygon([(x0, y), (x1, y), (x1, y + side * 2.4), (x0, y + side * 2.4)]))


def merge(rng: np.random.Generator, wish: Wish) -> Layout:
    """Two or three lanes, the rightmost of which ends: its traffic joins the next one over 50 to 80 m."""
    before, width, taper = wish.draw_lanes(rng, 2, 3), float(rng.uniform(3.3, 3.7)), float(rng.uniform(50.0, 80.0))
    speed = float(rng.choice([13.9, 16.7]))
    network = RoadNetwork()
    network.add_road("wide", straight_line((-260.0, 0.0), (0.0, 0.0)), [width] * before, speed)
    network.add_road("slim", straight_line((taper, 0.0), (taper + 330.0, 0.0)), [width] * (before - 1), speed)
    for lane in range(before):
        network.connect("taper", f"wide.{lane}", f"slim.{min(lane, before - 2)}", "straight")
    network.close_junction("taper")
    joining = network.follow(f"wide.{before - 1}")
    beside = network.follow(f"wide.{before - 2}")
    return Layout("merge", network, {"straight": (beside,), "merge": (joining,)}, 260.0, merging=(joining,))


def on_ramp(rng: np.random.Generator, wish: Wish) -> Layout:
    """A fast road of two or three lanes; a ramp comes from the right, runs beside it for 90 to 150 m, and ends. The ego comes along the right lane or the ramp."""
    lanes, width = wish.draw_lanes(rng, 2, 3), float(rng.uniform(3.5, 3.75))
    beside, taper = float(rng.uniform(90.0, 150.0)), float(rng.uniform(60.0, 80.0))
    speed = float(rng.choice([16.7, 19.4, 22.2]))
    network = RoadNetwork()
    network.add_road("main", straight_line((-260.0, 0.0), (0.0, 0.0)), [width] * lanes, speed)
    network.add_road("aux", straight_line((20.0, 0.0), (20.0 + beside, 0.0)), [width] * (lanes + 1), speed)
    end = 20.0 + beside + taper
    network.add_road("on", straight_line((end, 0.0), (end + 360.0, 0.0)), [width] * lanes, speed)
    bend = 1.0 / float(rng.uniform(110.0, 160.0))
    back = sweep(
        (0.0, -lanes * width, np.pi), [(25.0, 0.0, 0.0), (25.0, 0.0, bend), (20.0, bend, bend), (25.0, bend, 0.0), (150.0, 0.0, 0.0)], 1.5
    )
    network.add_road("ramp", reverse(back), [width], min(speed, 15.0))
    for lane in range(lanes):
        network.connect("gore", f"main.{lane}", f"aux.{lane}", "straight")
    network.connect("gore", "ramp.0", f"aux.{lanes}", "straight")
    network.close_junction("gore")
    for lane in range(lanes + 1):
        network.connect("end", f"aux.{lane}", f"on.{min(lane, lanes - 1)}", "straight")
    network.close_junction("end")
    ramp = network.follow("ramp.0")
    return Layout("on_ramp", network, {"straight": (network.follow(f"main.{lanes - 1}"),), "merge": (ramp,)}, 260.0, merging=(ramp,))


def narrowing(rng: np.random.Generator, wish: Wish) -> Layout:
    """Road works close one of two lanes: a taper of cones, then barriers along the work site; the lane that stays open bends beside it."""
    width, taper, site = float(rng.uniform(3.3, 3.6)), float(rng.uniform(40.0, 60.0)), float(rng.uniform(60.0, 110.0))
    speed = float(rng.choice([8.3, 11.1]))
    closed = 0 if rng.random() < 0.4 else 1
    network = RoadNetwork()
    network.add_road("open", straight_line((-250.0, 0.0), (0.0, 0.0)), [width, width], speed)
    edge = 0.0 if closed == 1 else -width
    network.add_road("site", straight_line((taper, 0.0), (taper + site, 0.0)), [width], speed, left_edge=edge)
    end = taper + site + 30.0
    network.add_road("after", straight_line((end, 0.0), (end + 300.0, 0.0)), [width, width], speed)
    for lane in (0, 1):
        network.connect("taper", f"open.{lane}", "site.0", "straight")
        network.connect("widening", "site.0", f"after.{lane}", "straight")
    area = shapely.Polygon([(0, 0), (6, 0), (6, -2 * width), (0, -2 * width)])
    network.close_junction("taper", area)
    network.close_junction("widening")
    network.add_road("back", straight_line((end + 300.0, 0.4), (-250.0, 0.4)), [width], speed)
    _walkway(network, (-250.0, width + 1.0), (end + 300.0, width + 1.0), 1.0)
    _walkway(network, (-250.0, -2 * width - 0.6), (end + 300.0, -2 * width - 0.6), -1.0)
    open_lane = 1 - closed
    ego = {"straight": (network.follow(f"open.{open_lane}"),), "merge": (network.follow(f"open.{closed}"),)}
    props = _works(width, taper, site, closed)
    return Layout("narrowing", network, ego, 250.0, oncoming=(network.follow("back.0"),), merging=ego["merge"], props=props)


def _works(width: float, taper: float, site: float, closed: int) -> tuple[Prop, ...]:
    """Cones across the closed lane along the taper, barriers along the site, a digger inside, a sign before."""
    outer, line = (-2 * width, -width) if closed == 1 else (0.0, -width)
    away = -0.45 if closed == 1 else 0.45
    props: list[Prop] = []
    for share in np.linspace(0.0, 1.0, 8):
        bend = share**3 * (10 - 15 * share + 6 * share**2)
        y = outer + (line - outer) * bend + away * 1.2
        props.append(Prop("traffic_cone", (taper * (0.06 + 0.94 * share), float(y), 0.0), CONE))
    for x in np.arange(taper + 5.0, taper + site, 6.0):
        props.append(Prop("barrier", (float(x), line + away * 1.3, 0.0), BARRIER))
    middle = 0.5 * (outer + line) + away
    props.append(Prop("generic_object", (taper + 0.4 * site, middle, 0.0), (5.0, 2.0, 2.6)))
    props.append(Prop("czone_sign", (2.0, outer + away * 2.2, 0.0), (0.3, 0.9, 1.6)))
    return tuple(props)
