"""Second-stage scenes of NAVSIM's pseudo closed loop: where the ego could be four seconds on had it driven a little differently, among the logged others.

Each is a pair (now, previous): its current frames lie 4.0 s after the first-stage scene's current frame and 4.0 s after that of the scene half a second before.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from envs.driving.scene import Boxes, Scene, TrafficLights
from scenarios.driving.frames import HISTORY, STRIDE, boxes_at, frames_of, lights_at, log_name, token
from scenarios.driving.map_export import MapIds, location
from scenarios.driving.roads.curves import arc_length, offset, smooth_step, travelled
from scenarios.driving.world.drive import Trace, collisions, on_road
from scenarios.driving.world.traffic import DT
from scenarios.driving.world.validity import runs_red
from scenarios.driving.world.world import World

LATER = 4.0
"""Seconds between the stages."""
EXTENDED = 8
"""Future moments of a second-stage scene."""
VARIANTS = 4


def perturbed(world: World, trace: Trace, rng: np.random.Generator, scale: float) -> Trace | None:
    """The human's drive up to LATER with up to 1.2 m to the side, -25 to +12 % of the way, times `scale`; None if that hits something, leaves the road or runs the light."""
    first, last = trace.row(0.0), trace.row(LATER)
    shift = scale * float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.2, 1.2))
    stretch = scale * float(rng.uniform(-0.25, 0.12))
    time = trace.time[first : last + 1]
    eased = smooth_step(time / LATER)
    way = trace.arc[first : last + 1] - trace.arc[first]
    speed = np.maximum(trace.speed[first : last + 1] * (1.0 + stretch * np.clip(time / 1.5, 0.0, 1.0)), 0.0)
    moved = travelled(speed, DT)
    line = trace.ego[first:]
    arc = arc_length(line)
    grows = arc + 1e-6 * np.arange(len(arc))
    place = np.minimum(moved, grows[-1])
    base = np.stack(
        [np.interp(place, grows, line[:, 0]), np.interp(place, grows, line[:, 1]), np.interp(place, grows, np.unwrap(line[:, 2]))], axis=1
    )
    if way[-1] < 2.0:
        shift = 0.0
    ego = offset(base, shift * eased)
    if way[-1] > 2.0:
        ego[:, 2] += np.arctan2(np.gradient(shift * eased, DT), np.maximum(speed, 1.5))
    rows = slice(first, last + 1)
    rate = np.gradient(np.unwrap(ego[:, 2]), DT)
    driven = replace(
        trace, time=time, ego=ego, speed=speed, acceleration=np.gradient(speed, DT), yaw_rate=rate, actors=trace.actors[rows], actor_speed=trace.actor_speed[rows],
        lights=trace.lights[rows], reasons=trace.reasons[rows], arc=world.route.path.project(ego)[0],
    )  # fmt: skip
    if collisions(world, driven, grow=0.1) or not on_road(world.layout, ego).all() or runs_red(world, driven):
        return None
    return driven


def second_stage(world: World, ids: MapIds, trace: Trace, originals: tuple[str, str]) -> list[tuple[Scene, Scene]]:
    """VARIANTS pairs (now, previous) of synthetic scenes; the first is the human's own drive. `originals`: tokens of the first-stage scene and its predecessor."""
    rng = np.random.default_rng(int(token(world, "two-stage")[:8], 16))
    drives = [perturbed(world, trace, rng, 0.0) or _cut(trace)]
    for attempt in range(24):
        if len(drives) == VARIANTS:
            break
        other = perturbed(world, trace, rng, 1.0 if attempt < 12 else 0.4)
        if other is not None:
            drives.append(other)
    pairs: list[tuple[Scene, Scene]] = []
    for number, driven in enumerate(drives):
        now = _scene(world, ids, trace, driven, f"second-{number}", LATER, originals[0])
        previous = _scene(world, ids, trace, driven, f"second-{number}", LATER - 0.5, originals[1])
        pairs.append((now, previous))
    return pairs


def _cut(trace: Trace) -> Trace:
    rows = slice(trace.row(0.0), trace.row(LATER) + 1)
    return replace(
        trace, time=trace.time[rows], ego=trace.ego[rows], speed=trace.speed[rows], acceleration=trace.acceleration[rows], yaw_rate=trace.yaw_rate[rows],
        actors=trace.actors[rows], actor_speed=trace.actor_speed[rows], lights=trace.lights[rows], reasons=trace.reasons[rows], arc=trace.arc[rows],
    )  # fmt: skip


def _scene(world: World, ids: MapIds, trace: Trace, driven: Trace, name: str, at: float, original: str) -> Scene:
    last = driven.row(at)
    rows = range(last - STRIDE * (HISTORY - 1), last + 1, STRIDE)
    frames = frames_of(world, ids, driven, f"{name}-{at}", rows)
    boxes: list[Boxes] = []
    lights: list[TrafficLights] = []
    for step in range(1, EXTENDED + 1):
        row = trace.row(at + 0.5 * step)
        boxes.append(boxes_at(world, trace.actors[row], trace.actor_speed[row]))
        lights.append(lights_at(world, ids, trace.lights[row]))
    name17 = token(world, name, at, length=17)
    frames = (*frames[:-1], replace(frames[-1], token=name17))
    return Scene(
        name17, log_name(world), location(world.index), token(world, "scene", name), frames, HISTORY, True, tuple(boxes), tuple(lights),
        original_scene=token(world, "scene"), original_token=original,
    )  # fmt: skip
