"""Negative and recovery trajectories of a scene, as SpanVLA (arXiv 2604.19710) uses them: what a worse driver would do, and how to get out of it after the first moments.

A negative is checked to be worse by geometry: it collides, leaves the road, runs the light, or dawdles. Its recovery shares its first `turning` seconds, then the human takes over; it is checked to end without any of that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scenarios.driving.frames import token
from scenarios.driving.roads.curves import Array, arc_length, offset, relative, smooth_step, travelled, with_headings, wrap
from scenarios.driving.roads.path import Path
from scenarios.driving.world.drive import Trace, collisions, drive, on_road
from scenarios.driving.world.human import HumanState
from scenarios.driving.world.traffic import DT
from scenarios.driving.world.world import World

HORIZON = 40
"""Steps of 0.1 s: NAVSIM's four seconds."""
KINDS = ("too_fast", "drift_right", "drift_left", "dawdle", "brake_late")


@dataclass(frozen=True, eq=False)
class Drift:
    """A way to drive worse, at 10 Hz from now on: `ego` (41, 3), `speed` (41,), in the world's frame; `fault`: what is wrong with it, and after how many seconds."""

    kind: str
    ego: Array
    speed: Array
    fault: str
    at: float


@dataclass(frozen=True, eq=False)
class Pair:
    """A negative and its recovery: `ego` and `speed` (41, ...) of each; `turning` [s]: where they part."""

    negative: Drift
    turning: float
    recovery: Trace


def make_pair(world: World, trace: Trace) -> Pair | None:
    """A negative that is worse than the human and a recovery from it; None where the scene offers none (each kind is tried)."""
    seed = int(token(world, "pairs")[:8], 16)
    rng = np.random.default_rng(seed)
    order = [KINDS[int(pick)] for pick in rng.permutation(len(KINDS))]
    if rng.random() < 0.6:  # what the situation invites to is tried first
        order.sort(key=lambda kind: kind not in ("too_fast", "brake_late"))
    for kind in order:
        negative = _negative(world, trace, kind, rng)
        if negative is None:
            continue
        for turning in (1.5, 1.0, 0.5):
            if turning < negative.at - 0.4:
                recovery = _recovery(world, trace, negative, turning)
                if recovery is not None:
                    return recovery
    return None


def _negative(world: World, trace: Trace, kind: str, rng: np.random.Generator) -> Drift | None:
    now = trace.row(0.0)
    speed0, steps = float(trace.speed[now]), np.arange(HORIZON + 1, dtype=np.float64) * DT
    along, _ = world.route.path.project(trace.ego[now : now + HORIZON + 1])
    if kind in ("too_fast", "brake_late"):
        speed = speed0 + np.minimum(float(rng.uniform(0.6, 1.6)) * steps, 4.0)
        if kind == "brake_late":
            late = float(rng.uniform(1.6, 2.6))
            speed = np.maximum(speed0 - np.maximum(steps - late, 0.0) * 3.0, 0.0)
        path = _own_path(world, trace, now)
        ego = path.poses(travelled(speed, DT))
    elif kind == "dawdle":
        if float(trace.speed[now : now + HORIZON].mean()) < 3.0:
            return None
        speed = np.maximum(speed0 - float(rng.uniform(1.6, 2.6)) * steps, 0.0)
        path = _own_path(world, trace, now)
        ego = path.poses(travelled(speed, DT))
    else:
        sign = 1.0 if kind == "drift_left" else -1.0
        if along[-1] - along[0] < 7.0:
            return None
        speed = trace.speed[now : now + HORIZON + 1]
        shift = sign * float(rng.uniform(2.4, 3.4)) * smooth_step(steps / 3.6)
        moved = with_headings(offset(trace.ego[now : now + HORIZON + 1], shift)[:, :2])
        moved[0, 2] = trace.ego[now, 2]
        ego = moved
    fault, at = _fault(world, trace, kind, ego, speed, now)
    return Drift(kind, ego, np.asarray(speed), fault, at) if fault else None


def _own_path(world: World, trace: Trace, now: int) -> Path:
    """The line that the human drives, and on along the route: from its place at step `now`."""
    driven = trace.ego[now:]
    moving = np.concatenate([[True], np.diff(arc_length(driven)) > 0.02])
    driven = driven[moving]
    last = float(world.route.path.project(driven[-1:])[0][0])
    tail = world.route.path.poses(np.arange(last + 1.0, min(last + 80.0, world.route.path.length), 0.5))
    curve = np.concatenate([driven, tail])
    curve[:, 2] = np.unwrap(curve[:, 2])
    return Path.through(curve)


def _fault(world: World, trace: Trace, kind: str, ego: Array, speed: Array, now: int) -> tuple[str, float]:
    """What is wrong with a way to drive, and when: by the logged movement of the others."""
    rows = slice(now, now + HORIZON + 1)
    driven = replace(trace, time=trace.time[rows], ego=ego, actors=trace.actors[rows], speed=speed)
    hits = [(time, name) for time, name in collisions(world, driven) if _ahead(world, driven, time, name)]
    off = np.flatnonzero(~on_road(world.layout, ego))
    faults: list[tuple[float, str]] = [(time, f"collides with {name}") for time, name in hits]
    if len(off):
        faults.append((float(off[0]) * DT, "leaves the road"))
    if world.light and world.stop_line is not None:
        front = world.route.path.project(ego)[0] + 4.05
        red = np.array([lights.get(world.light) == "red" for lights in trace.lights[rows]])
        ran = np.flatnonzero(red & (front > world.stop_line) & (front < world.stop_line + 12.0))
        if len(ran):
            faults.append((float(ran[0]) * DT, "runs the red light"))
    if faults:
        at, what = min(faults)
        return what, at
    if kind == "dawdle":
        made, possible = arc_length(ego)[-1], arc_length(trace.ego[rows])[-1]
        if made < 0.6 * possible - 2.0:
            return "makes no progress", 4.0
    wide = np.abs(world.route.path.project(ego)[1])
    if kind.startswith("drift") and wide[-1] > 1.8 and np.abs(world.route.path.project(trace.ego[rows])[1]).max() < 0.6:
        return "leaves its lane", float(np.flatnonzero(wide > 1.0)[0]) * DT
    return "", 0.0


def _ahead(world: World, driven: Trace, time: float, name: str) -> bool:
    """Whether what is hit is not behind: a tailgater that runs into a slower ego is no proof."""
    row = round((time - float(driven.time[0])) / DT)
    pose = (
        np.array(world.props[int(name[5:])].pose)
        if name.startswith("prop-")
        else driven.actors[row, [a.token for a in world.actors].index(name)]
    )
    x, y, heading = driven.ego[row]
    return bool((pose[0] - x) * np.cos(heading) + (pose[1] - y) * np.sin(heading) > 0.0)


def _recovery(world: World, trace: Trace, negative: Drift, turning: float) -> Pair | None:
    """The human takes over after `turning` seconds of the negative; None if that ends badly within five seconds."""
    assert trace.now is not None
    traffic, steps = trace.now.copy(), round(turning / DT)
    for step in range(steps):
        traffic.time = step * DT
        traffic.step(
            (float(negative.ego[step, 0]), float(negative.ego[step, 1]), float(negative.ego[step, 2])), float(negative.speed[step])
        )
    traffic.time = turning
    state = _return_state(world, negative, steps)
    after = drive(world, turning + 5.0, state, traffic)
    if collisions(world, after, grow=0.03) or not on_road(world.layout, after.ego).all() or after.acceleration.min() < -4.0:
        return None
    colours = [lights.get(world.light) == "red" for lights in after.lights]
    front = after.arc + 4.05
    if (
        world.light
        and world.stop_line is not None
        and any(red and world.stop_line < place < world.stop_line + 12.0 for red, place in zip(colours, front, strict=True))
    ):
        return None
    return Pair(negative, turning, after)


def _return_state(world: World, negative: Drift, step: int) -> HumanState:
    """The human's state where the negative is at `step`: on a path that leads back to the route."""
    pose, speed = negative.ego[step], float(negative.speed[step])
    s, left = world.route.path.project(pose[None])
    heading = wrap(float(pose[2]) - world.route.path.at(float(s[0]))[2])
    length = max(14.0, 3.0 * speed)
    grid = world.route.path.s
    share = np.clip((grid - s[0]) / length, 0.0, 1.0)
    # A quintic that begins with the offset and slope of now, and ends on the line: of offset and of slope.
    fade = 1.0 - smooth_step(share)
    slope = share * (1.0 - share) ** 3 * (1.0 + 3.0 * share) * length * np.tan(np.clip(heading, -0.5, 0.5))
    before = grid < s[0]
    profile = np.where(before, left[0] + (grid - s[0]) * np.tan(np.clip(heading, -0.5, 0.5)) * (grid > s[0] - 4.0), left[0] * fade + slope)
    path = Path.through(with_headings(offset(world.route.path.samples, profile)[:, :2]))
    along, _ = path.project(pose[None])
    return HumanState(path, float(along[0]), speed)


def listed(poses: Array, pose: Array) -> list[list[float]]:
    """Poses (n, 3) in the frame of `pose` (3,), rounded to 0.1 mm and 1e-6 rad, as JSON data."""
    return [[round(float(x), 4), round(float(y), 4), round(float(turn), 6)] for x, y, turn in relative(poses, pose)]


def pair_data(trace: Trace, pair: Pair | None) -> dict[str, Any]:
    """`human`, `negative`, `recovery` (8 poses at 2 Hz in the ego's frame each) and `negative_start`: the state from which a closed loop can start, with the recovery from there; nulls where there is no pair."""
    now = trace.row(0.0)
    here = trace.ego[now]
    human = listed(trace.ego[now + 5 : now + HORIZON + 1 : 5], here)
    if pair is None:
        return {"human": human, "negative": None, "recovery": None, "negative_start": None}
    steps = round(pair.turning / DT)
    whole = np.concatenate([pair.negative.ego[:steps], pair.recovery.ego])
    start = pair.negative.ego[steps]
    return {
        "human": human,
        "negative": {
            "kind": pair.negative.kind,
            "fault": pair.negative.fault,
            "after_s": round(pair.negative.at, 1),
            "poses": listed(pair.negative.ego[5 : HORIZON + 1 : 5], here),
        },
        "recovery": {"after_s": pair.turning, "poses": listed(whole[5 : HORIZON + 1 : 5], here)},
        "negative_start": {
            "after_s": pair.turning,
            "pose": listed(start[None], here)[0],
            "speed": round(float(pair.negative.speed[steps]), 4),
            "recovery": listed(pair.recovery.ego[5 : HORIZON + 1 : 5], start),
        },
    }
