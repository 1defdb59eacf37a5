"""Let the human drive a world, and keep what happened at 10 Hz."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from scenarios.driving.forms.layout import Layout
from scenarios.driving.roads.curves import Array
from scenarios.driving.roads.network import RoadNetwork
from scenarios.driving.world.human import Human, HumanState
from scenarios.driving.world.traffic import DT, EGO_CENTRE, EGO_SIZE, Traffic
from scenarios.driving.world.world import World


@dataclass(frozen=True, eq=False)
class Trace:
    """A drive at 10 Hz, in the world's frame: `time` (n,); `ego` (n, 3) rear axle; `speed`, `acceleration`, `yaw_rate` (n,); `actors` (n, m, 3); `actor_speed` (n, m); colours of each light (n,); what the human reacted to (n,)."""

    time: Array
    ego: Array
    speed: Array
    acceleration: Array
    yaw_rate: Array
    actors: Array
    actor_speed: Array
    lights: tuple[dict[str, str], ...]
    reasons: tuple[str, ...]
    arc: Array
    now: Traffic | None = None
    """The traffic at time 0, to go on from; None where the drive begins later."""

    def row(self, time: float) -> int:
        """The step nearest to `time`."""
        return round((time - float(self.time[0])) / DT)


def drive(world: World, until: float, state: HumanState | None = None, traffic: Traffic | None = None) -> Trace:
    """The human's drive from the world's first moment (or from `traffic` and `state`) to `until` [s]."""
    traffic = world.traffic() if traffic is None else traffic
    human = Human(world, state)
    begin = traffic.time
    steps = round((until - begin) / DT) + 1
    count = len(traffic.movers)
    ego, scalars = np.empty((steps, 3)), np.empty((steps, 4))
    actors, speeds = np.empty((steps, count, 3)), np.empty((steps, count))
    lights: list[dict[str, str]] = []
    reasons: list[str] = []
    now: Traffic | None = None
    for step in range(steps):
        traffic.time = begin + step * DT  # no drift
        if step == round(-begin / DT):
            now = traffic.copy()
        ego[step] = human.pose
        actors[step], speeds[step] = traffic.poses(), traffic.speeds()
        lights.append({light: traffic.lights.state(light, traffic.time) for light in traffic.lights.phases})
        pose, speed, s, curvature = human.pose, human.state.speed, human.state.s, human.state.path.curvature_at(human.state.s)
        human.act(traffic)
        reasons.append(human.reason)
        scalars[step] = speed, (human.state.speed - speed) / DT, speed * curvature, s
        traffic.step(pose, speed)
    time = begin + DT * np.arange(steps, dtype=np.float64)
    return Trace(time, ego, scalars[:, 0], scalars[:, 1], scalars[:, 2], actors, speeds, tuple(lights), tuple(reasons), scalars[:, 3], now)


def corners(pose: Array, size: tuple[float, float], ahead: float = 0.0, grow: float = 0.0) -> Array:
    """Corners (n, 4, 2) of boxes of length and width `size` at poses (n, 3) whose centre is `ahead` of the pose."""
    length, width = size[0] / 2 + grow, size[1] / 2 + grow
    local = np.array([[ahead + length, width], [ahead + length, -width], [ahead - length, -width], [ahead - length, width]])
    cosine, sine = np.cos(pose[:, 2:3]), np.sin(pose[:, 2:3])
    x = pose[:, 0:1] + cosine * local[:, 0] - sine * local[:, 1]
    y = pose[:, 1:2] + sine * local[:, 0] + cosine * local[:, 1]
    return np.stack([x, y], axis=-1)


def overlap(first: Array, second: Array) -> NDArray[np.bool_]:
    """Whether boxes overlap, from corners (n, 4, 2) each: the separating axis theorem."""
    apart = np.zeros(len(first), dtype=bool)
    for box in (first, second):
        for a, b in ((0, 1), (1, 2)):
            axis = (box[:, b] - box[:, a])[:, None, :]
            one, other = (first * axis).sum(-1), (second * axis).sum(-1)
            apart |= (one.max(1) < other.min(1)) | (other.max(1) < one.min(1))
    return np.array([not gap for gap in apart.tolist()], dtype=np.bool_)


def drivable(network: RoadNetwork) -> shapely.Geometry:
    """Where NAVSIM's scorer lets the ego be: roads (not connectors), junctions and car parks."""
    roads = [shapely.buffer(strip.polygon, 0.02, join_style="mitre") for strip in network.strips.values() if not strip.is_connector]
    return shapely.union_all([*roads, *network.junctions.values(), *network.carparks])


def on_road(layout: Layout, ego: Array) -> NDArray[np.bool_]:
    """Whether all four corners of the ego are drivable, for rear-axle poses (n, 3): (n,)."""
    area = drivable(layout.network)
    shapely.prepare(area)
    box = corners(ego, EGO_SIZE[:2], EGO_CENTRE)
    inside = np.asarray(shapely.contains_xy(area, box[..., 0], box[..., 1]))
    return inside[:, 0] & inside[:, 1] & inside[:, 2] & inside[:, 3]


def collisions(world: World, trace: Trace, grow: float = 0.0) -> list[tuple[float, str]]:
    """(time, token) of the first overlap of the ego with each actor or prop."""
    ego = corners(trace.ego, EGO_SIZE[:2], EGO_CENTRE, grow)
    found: list[tuple[float, str]] = []
    boxes = [(actor.token, trace.actors[:, row], actor.size) for row, actor in enumerate(world.actors)]
    boxes += [(f"prop-{row}", np.array([prop.pose]), prop.size) for row, prop in enumerate(world.props)]
    for token, pose, size in boxes:
        near = np.hypot(pose[:, 0] - trace.ego[:, 0], pose[:, 1] - trace.ego[:, 1]) < 4.5 + math.hypot(size[0], size[1]) / 2 + grow
        if not near.any():
            continue
        steps = np.flatnonzero(near)
        other = np.broadcast_to(pose, trace.ego.shape)[steps]
        hit = steps[overlap(ego[steps], corners(other, size[:2]))]
        if len(hit):
            found.append((float(trace.time[hit[0]]), token))
    return found
