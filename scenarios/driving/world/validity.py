"""What makes a drawn world unfit to be a scene: checked on the human's drive, from geometry alone (no scorer)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from envs.driving.scene import Trajectory
from envs.driving.state import STATE_SIZE, State
from envs.driving.vehicle import plan_batch, reference_poses, simulate
from scenarios.driving.roads.curves import relative
from scenarios.driving.world.drive import Trace, collisions, corners, on_road, overlap
from scenarios.driving.world.world import World

ROOM = 0.25
"""The human keeps at least this distance [m]: NAVSIM's vehicle follows a trajectory to within some centimetres only."""
HARDEST_BRAKE = 3.9
"""NAVSIM's comfort bound is 4.05 m/s2."""


def faults(world: World, trace: Trace) -> str:
    """Why the scene is unfit, or ''."""
    hit = collisions(world, trace, grow=ROOM)
    if hit:
        return f"the human hits {hit[0][1].rsplit('-', 1)[0]} at {hit[0][0]:.1f} s"
    if not on_road(world.layout, trace.ego).all():
        return "the human leaves the road"
    tracked = as_navsim_drives(trace)
    if collisions(world, tracked) or not on_road(world.layout, tracked.ego).all():
        return "NAVSIM's vehicle strays from the human's way"
    if trace.acceleration.min() < -HARDEST_BRAKE:
        return "the human brakes too hard"
    if float(trace.arc[-1]) > world.route.path.length - 20.0:
        return "the route is too short"
    if runs_red(world, trace):
        return "the human runs a red light"
    pair = others_collide(world, trace)
    if pair:
        return f"others collide: {pair}"
    return out_of_place(world, trace)


def route_is_drivable(world: World) -> bool:
    """Whether the ego fits on the road all along its route of the next 20 s: swings out of it nowhere."""
    way = np.arange(world.ego_s, min(world.ego_s + 20.0 * max(world.ego_speed, 8.0), world.route.path.length - 6.0), 1.0)
    return bool(on_road(world.layout, world.route.path.poses(way)).all())


def as_navsim_drives(trace: Trace) -> Trace:
    """What becomes of the human's next four seconds when NAVSIM's tracker and bicycle model drive them: the scorer looks at that, and in tight turns it is up to 0.7 m off."""
    now, steps = trace.row(0.0), 40
    rows = slice(now, now + steps + 1)
    state = np.zeros(STATE_SIZE)
    state[State.X : State.HEADING + 1] = trace.ego[now]
    state[State.VX], state[State.AX] = trace.speed[now], trace.acceleration[now]
    poses = np.array(relative(trace.ego[now + 5 : now + steps + 1 : 5], trace.ego[now]))
    states = simulate(state, reference_poses(state[:3], 0, plan_batch([Trajectory(poses)])))[0]
    return replace(
        trace, time=trace.time[rows], ego=states[:, :3], speed=states[:, State.VX], actors=trace.actors[rows], actor_speed=trace.actor_speed[rows],
        lights=trace.lights[rows], reasons=trace.reasons[rows], arc=trace.arc[rows],
    )  # fmt: skip


def runs_red(world: World, trace: Trace) -> bool:
    """Whether any part of the ego is beyond the stop line, not yet out of the connector, while the light is red."""
    if not world.light or world.stop_line is None:
        return False
    strip = next(strip for strip in world.route.strips if strip.light)
    end = world.route.begin(strip.key) + float(np.hypot(*np.diff(strip.centre[:, :2], axis=0).T).sum())
    red = np.array([lights.get(world.light) == "red" for lights in trace.lights])
    inside = (trace.arc + 4.05 > world.stop_line) & (trace.arc - 1.2 < end)
    return bool((red & inside).any())


def others_collide(world: World, trace: Trace) -> str:
    """Which actors overlap one another or a prop at a frame of the log (every half second), or ''."""
    sizes = [actor.size[:2] for actor in world.actors]
    radius = np.array([np.hypot(*size) / 2 for size in sizes])
    fixed = np.array([prop.pose for prop in world.props]).reshape(-1, 3)
    for poses in trace.actors[::5]:
        boxes = [corners(poses[row : row + 1], size) for row, size in enumerate(sizes)]
        for row in range(len(sizes)):
            gap = np.hypot(poses[row + 1 :, 0] - poses[row, 0], poses[row + 1 :, 1] - poses[row, 1])
            for other in np.flatnonzero(gap < radius[row] + radius[row + 1 :]) + row + 1:
                if overlap(boxes[row], boxes[other])[0]:
                    return f"{world.actors[row].role} and {world.actors[other].role}"
            for place in np.flatnonzero(np.hypot(fixed[:, 0] - poses[row, 0], fixed[:, 1] - poses[row, 1]) < radius[row] + 4.5):
                if overlap(boxes[row], corners(fixed[place : place + 1], world.props[place].size[:2]))[0]:
                    return f"{world.actors[row].role} and {world.props[place].name}"
    return ""


def out_of_place(world: World, trace: Trace) -> str:
    """Whether the situation is not there to be seen: what it is about is far away or behind at time 0, or nothing comes of it."""
    now = trace.row(0.0)
    x, y, heading = trace.ego[now]
    nearest = np.inf
    for row, actor in enumerate(world.actors):
        if actor.token not in world.critical:
            continue
        dx, dy = trace.actors[now, row, 0] - x, trace.actors[now, row, 1] - y
        nearest = min(nearest, float(np.hypot(dx, dy)))
        if actor.role in ("lead", "cutter", "pedestrian", "cyclist", "queue") and dx * np.cos(heading) + dy * np.sin(heading) < 1.0:
            return "what the situation is about is behind"
    if np.isfinite(nearest) and nearest > 75.0:
        return "what the situation is about is too far away"
    future = slice(now, trace.row(5.0) + 1)
    if world.situation == "red_light" and trace.speed[future].min() > 3.0:
        return "the red light changes nothing"
    if (
        world.situation in ("yield_to_pedestrian", "hard_braking_lead")
        and trace.speed[future].min() > 0.75 * trace.speed[now]
        and trace.speed[now] > 3.0
    ):
        return "nothing comes of it"
    return ""
