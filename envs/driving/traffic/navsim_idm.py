"""`navsim-v2`: NAVSIM's reactive traffic, with every quirk of it (navsim's navsim_idm_agents.py and navsim_idm_agent_manager.py on nuPlan's idm).

R1 no agent sees a traffic light or extends its route: it brakes for the end of its lane. R2 the ego's box that agents see is centred on the rear axle. R3 agents answer the ego's state of one step before. R4 a missing speed limit
inherits that of the agent built before. R5 agents more than 100 m from the ego vanish for good; only some of the vehicles that do not react stay. R6 the human's scores are taken among traffic that reacted to the human.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.footprint import HALF_LENGTH, HALF_WIDTH, box_corners
from envs.driving.scoring.objects import STOPPED_SPEED, Objects
from envs.driving.scoring.overlap import boxes_touch
from envs.driving.traffic.clamped_idm import clamped_idm
from envs.driving.traffic.corridor import bounds_gap2, corridor, path_at, quad_bounds, shapes_gap, shapes_touch, whole_bounds
from envs.driving.traffic.first_found import first_found
from envs.driving.traffic.rails import Rails
from envs.driving.traffic.tracks import Tracks

MIN_GAP_M = 1.0
HEADWAY_S = 1.5
ACCELERATION = 1.0
DECELERATION = 2.0
EXPONENT = 4
RADIUS_M = 100.0
STEP_S = 0.1
TREE_LEAVES = 10
"""Shapes that a node of shapely's tree takes; a tree of one node is sorted by y."""
LEVEL_M = 0.05
"""How far our corridors' y may be from those of GEOS, which simplifies a curved path by up to a hundredth of its half width."""


@kernel
def idm_acceleration(speed, target, gap, lead_speed):
    """m/s2, of an agent; ``gap`` m bumper to bumper."""
    return clamped_idm(speed, target, gap, lead_speed, MIN_GAP_M, HEADWAY_S, ACCELERATION, DECELERATION, EXPONENT)


@kernel
def pose_on(path, progress, first, last, s, out):
    """Pose (3,) at arc length ``s``, clamped to the path."""
    s = min(max(s, progress[first]), progress[last - 1])
    i = first
    while i < last - 2 and progress[i + 1] < s:
        i += 1
    f = (s - progress[i]) / (progress[i + 1] - progress[i])
    for c in range(3):
        out[c] = path[i, c] + f * (path[i + 1, c] - path[i, c])
    out[2] = (out[2] + np.pi) % (2.0 * np.pi) - np.pi


class Roll(NamedTuple):
    """Where the agents are between two steps of a simulation. Row n of the shapes is the ego's.

    ``at``, ``speed`` (A,); ``alive``, ``moved`` (A,): not yet vanished, and simulated at least once; ``pose`` (A, 3); ``quads`` (A + 1, m, 4, 2), ``bounds`` (A + 1, m, 4), ``count`` (A + 1,), ``whole`` (A + 1, 4): what each
    occupies; ``met`` (A + 1,): whose shapes lie in the way of the agent at hand; ``cursor`` (2,): step and agent at hand. ``way``, ``way_bounds`` (A, m, ...): the corridor of each agent's whole path, ``way_count`` (A,) pieces, and
    ``way_rest`` (A, m, 4) the bounds of each piece and all after it.
    """

    at: Floats
    speed: Floats
    alive: NDArray[np.bool_]
    moved: NDArray[np.bool_]
    pose: Floats
    quads: Floats
    bounds: Floats
    count: NDArray[np.int64]
    whole: Floats
    met: NDArray[np.bool_]
    cursor: NDArray[np.int64]
    way: Floats
    way_bounds: Floats
    way_count: NDArray[np.int64]
    way_rest: Floats


def new_roll(rails: Rails) -> Roll:
    """The agents at the start."""
    n = len(rails.agents)
    most = 4 + 2 * int(np.diff(rails.shape_offsets).max(initial=0))
    roll = Roll(
        rails.start.copy(), rails.speed.copy(), np.ones(n, bool), np.zeros(n, bool), np.empty((n, 3)), np.empty((n + 1, most, 4, 2)),
        np.empty((n + 1, most, 4)), np.ones(n + 1, np.int64), np.empty((n + 1, 4)), np.zeros(n + 1, bool), np.array([1, 0]),
        np.empty((n, most, 4, 2)), np.empty((n, most, 4)), np.zeros(n, np.int64), np.empty((n, most, 4)),
    )  # fmt: skip
    _place(
        rails.path, rails.progress, rails.offsets, rails.shape, rails.shape_progress, rails.shape_offsets, rails.start, rails.size,
        rails.start_box, roll,
    )  # fmt: skip
    return roll


@kernel
def _place(path, progress, offsets, shape, shape_progress, shape_offsets, start, size, start_box, roll):
    for i in range(len(start)):
        roll.quads[i, 0] = start_box[i]
        quad_bounds(roll.quads[i, 0], roll.bounds[i, 0])
        roll.whole[i] = roll.bounds[i, 0]
        pose_on(path, progress, offsets[i], offsets[i + 1], start[i], roll.pose[i])
        first, last = shape_offsets[i], shape_offsets[i + 1]
        low, high = shape_progress[first], shape_progress[last - 1]
        count = corridor(shape, shape_progress, first, last, low, high, size[i, 1] / 2.0, roll.way[i], roll.way_bounds[i])
        roll.way_count[i] = count
        for k in range(count - 1, -1, -1):
            roll.way_rest[i, k] = roll.way_bounds[i, k]
            if k < count - 1:
                _join(roll.way_rest[i, k], roll.way_rest[i, k + 1])


@kernel
def _join(bounds, other):
    """``bounds`` (4,) extended to hold ``other``."""
    bounds[0], bounds[1] = min(bounds[0], other[0]), min(bounds[1], other[1])
    bounds[2], bounds[3] = max(bounds[2], other[2]), max(bounds[3], other[3])


@kernel
def _lead_speed(roll, lead, state, heading):
    """Speed of the lead along ``heading``, m/s."""
    if lead == len(roll.at):
        return np.hypot(state[3], state[4]) * np.cos(state[2] - heading)
    return roll.speed[lead] * np.cos(roll.pose[lead, 2] - heading)


@kernel
def _nearest(roll, i, state, target, here, here_bounds, later, way_whole):
    """(the nearest of those in agent i's way, -1 for nobody and -2 for a tie that matters; how far it is).

    nuPlan takes what a tree of the shapes finds first. Of equally near ones (all that overlap the agent's own corridor are at distance 0) that is, up to ten shapes, the lowest by y. -2 where the y of two are equal within
    5 cm, or the shapes more than ten, and the choice makes a difference.
    """
    n = len(roll.at)
    lead, gap, found, ties = -1, np.inf, 0, 1
    for j in range(n + 1):
        roll.met[j] = False
        if j == i or (j < n and not roll.alive[j]):
            continue
        quads, bounds, pieces, whole = roll.quads[j], roll.bounds[j], roll.count[j], roll.whole[j]
        if bounds_gap2(way_whole, whole) > 0.0:
            continue
        in_way = shapes_touch(here, here_bounds, 1, here_bounds[0], quads, bounds, pieces, whole)
        if not in_way and later < roll.way_count[i]:
            in_way = shapes_touch(
                roll.way[i, later:],
                roll.way_bounds[i, later:],
                roll.way_count[i] - later,
                roll.way_rest[i, later],
                quads,
                bounds,
                pieces,
                whole,
            )
        if not in_way:
            continue
        roll.met[j] = True
        found += 1
        apart = shapes_gap(roll.quads[i], roll.bounds[i], roll.count[i], roll.quads[j], roll.bounds[j], roll.count[j], roll.whole[j])
        if apart < gap:
            lead, gap, ties = j, apart, 1
        elif apart == gap:
            ties += 1
            if roll.whole[j, 1] + roll.whole[j, 3] < roll.whole[lead, 1] + roll.whole[lead, 3]:
                lead = j
    if ties == 1:
        return lead, gap
    heading, own = roll.pose[i, 2], roll.speed[i]
    chosen = idm_acceleration(own, target, gap, _lead_speed(roll, lead, state, heading))
    for j in range(n + 1):
        if not roll.met[j] or j == lead:
            continue
        level = roll.whole[j, 1] + roll.whole[j, 3] - roll.whole[lead, 1] - roll.whole[lead, 3]
        if found <= TREE_LEAVES and level > LEVEL_M:
            continue
        apart = shapes_gap(roll.quads[i], roll.bounds[i], roll.count[i], roll.quads[j], roll.bounds[j], roll.count[j], roll.whole[j])
        if apart == gap and idm_acceleration(own, target, gap, _lead_speed(roll, j, state, heading)) != chosen:
            return -2, gap
    return lead, gap


@kernel
def react(ego, path, progress, offsets, shape, shape_progress, shape_offsets, target, size, roll, forced, poses, active):
    """Go on from ``roll`` over the steps of ``ego`` (T, 11), and write the agents' ``poses`` (T, A, 3) and whether they are still there, ``active`` (T, A); rows 0 are left alone.

    Returns the agent whose lead is undecided (the call is to be repeated with ``forced`` = its lead, -2 otherwise), or -1 at the end.
    """
    n = len(roll.at)
    stretch, stretch_bounds, way_whole = np.empty((2, 4, 2)), np.empty((2, 4)), np.empty(4)
    while roll.cursor[0] < len(ego):
        t = roll.cursor[0]
        state = ego[t - 1]
        if roll.cursor[1] == 0:
            box_corners(state[0], state[1], state[2], HALF_LENGTH, HALF_WIDTH, roll.quads[n, 0])
            quad_bounds(roll.quads[n, 0], roll.bounds[n, 0])
            roll.whole[n] = roll.bounds[n, 0]
            for i in range(n):
                if np.hypot(roll.pose[i, 0] - state[0], roll.pose[i, 1] - state[1]) > RADIUS_M:
                    roll.alive[i] = False
        while roll.cursor[1] < n:
            i = roll.cursor[1]
            if not roll.alive[i]:
                roll.cursor[1] += 1
                continue
            first, last = shape_offsets[i], shape_offsets[i + 1]
            low, high = progress[offsets[i]], progress[offsets[i + 1] - 1]
            half_width, pose = size[i, 1] / 2.0, roll.pose[i]
            here = min(max(roll.at[i], low), high)
            # at its end a path is its last two vertices
            from_here = here if here < high else progress[offsets[i + 1] - 2]
            # the rest of the segment it is on, then the pieces of the whole path from the next bend on
            x, y, segment = path_at(shape, shape_progress, first, last, from_here)
            bend = shape_progress[segment + 1]
            if corridor(shape, shape_progress, first, last, from_here, bend, half_width, stretch, stretch_bounds) == 0:
                stretch[0, :, 0], stretch[0, :, 1] = x, y  # it stands on the bend itself
                quad_bounds(stretch[0], stretch_bounds[0])
            later = 2 * (segment - first) + 1
            way_whole[:] = stretch_bounds[0]
            if later < roll.way_count[i]:
                _join(way_whole, roll.way_rest[i, later])
            lead, gap = _nearest(roll, i, state, target[i], stretch, stretch_bounds, later, way_whole)
            if lead == -2:
                if forced == -2:
                    return i
                lead, forced = forced, -2
            lead_speed = 0.0
            if lead < 0:
                gap = high - roll.at[i] - size[i, 0] / 2.0
            else:
                lead_speed = _lead_speed(roll, lead, state, pose[2])
            acceleration = idm_acceleration(roll.speed[i], target[i], gap, lead_speed)
            roll.at[i] += STEP_S * roll.speed[i]
            roll.speed[i] = max(roll.speed[i] + STEP_S * acceleration, 0.0)
            roll.moved[i] = True
            pose_on(path, progress, offsets[i], offsets[i + 1], roll.at[i], pose)

            begin = min(max(roll.at[i] - size[i, 0] / 2.0, low), high)
            end = min(max(roll.at[i] + size[i, 0] / 2.0 + roll.speed[i] * HEADWAY_S, low), high)
            if begin >= high:
                begin = progress[offsets[i + 1] - 2]
            if end <= low:
                end = progress[offsets[i] + 1]
            pieces = corridor(shape, shape_progress, first, last, begin, end, half_width, roll.quads[i], roll.bounds[i])
            box_corners(pose[0], pose[1], pose[2], size[i, 0] / 2.0, half_width, roll.quads[i, pieces])
            quad_bounds(roll.quads[i, pieces], roll.bounds[i, pieces])
            roll.count[i] = pieces + 1
            whole_bounds(roll.bounds[i], roll.count[i], roll.whole[i])
            roll.cursor[1] += 1
        poses[t] = roll.pose
        active[t] = roll.alive
        roll.cursor[0], roll.cursor[1] = t + 1, 0
    return -1


@kernel
def _compose(agent_poses, active, agents, stay, stay_corners, half_sizes, centre, corners, present):
    """Write the agents, and of the vehicles that stay those that no one has run into, over the replayed objects."""
    for t in range(1, len(active)):
        for a in range(len(agents)):
            k = agents[a]
            present[t, k] = active[t, a]
            x, y, heading = agent_poses[t, a]
            centre[t, k, 0], centre[t, k, 1] = x, y
            box_corners(x, y, heading, half_sizes[k, 0], half_sizes[k, 1], corners[t, k])
        for s in range(len(stay)):
            k, free = stay[s], True
            for a in range(len(agents)):
                if active[t, a] and boxes_touch(stay_corners[s], corners[t, agents[a]]):
                    free = False
                    break
            for other in range(s):
                if free and present[t, stay[other]] and boxes_touch(stay_corners[s], corners[t, stay[other]]):
                    free = False
            present[t, k] = free
            if free:
                corners[t, k] = stay_corners[s]


def reactive_objects(ego: Floats, rails: Rails, tracks: Tracks, logged: Objects) -> Objects:
    """All objects around an ego that drives through ``ego`` (T, 11): vehicles as they react, everything else as ``logged``. Vehicles that the current frame does not show never appear."""
    steps, vehicle = len(ego), np.array([name == "vehicle" for name in tracks.names], bool)
    poses, active = np.zeros((steps, len(rails.agents), 3)), np.zeros((steps, len(rails.agents)), bool)
    roll, lead = new_roll(rails), -2
    while True:
        undecided = react(
            ego, rails.path, rails.progress, rails.offsets, rails.shape, rails.shape_progress, rails.shape_offsets,
            rails.target, rails.size, roll, lead, poses, active,
        )  # fmt: skip
        if undecided < 0:
            break
        lead = first_found(rails, roll, undecided)
    present = logged.present[:steps].copy()
    present[1:, vehicle] = False
    present[0] &= tracks.in_first_frame  # ghosts that are seen later do not exist yet
    corners, centre = logged.corners[:steps].copy(), logged.centre[:steps].copy()
    centre[1:, rails.stay] = centre[0, rails.stay]
    _compose(poses, active, rails.agents, rails.stay, corners[0, rails.stay], tracks.size / 2.0, centre, corners, present)
    # vehicles are first seen now, whatever they did: a stopped one that starts still counts as stopped
    return Objects(corners, centre, present, logged.radius, logged.is_agent, ~logged.is_agent | (tracks.first_speed <= STOPPED_SPEED))
