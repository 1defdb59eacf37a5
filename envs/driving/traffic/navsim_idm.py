"""`navsim-v2`: NAVSIM's reactive traffic, with every quirk of it (navsim's navsim_idm_agents.py and navsim_idm_agent_manager.py on nuPlan's idm).

R1 no agent sees a traffic light or extends its route: it brakes for the end of its lane. R2 the ego's box that agents see is centred on the rear axle. R3 agents answer the ego's state of one step before. R4 a missing speed limit
inherits that of the agent built before. R5 agents more than 100 m from the ego vanish for good; only some of the vehicles that do not react stay. R6 the human's scores are taken among traffic that reacted to the human.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from envs.driving.scene import Floats
from envs.driving.scoring.footprint import HALF_LENGTH, HALF_WIDTH, box_corners
from envs.driving.scoring.objects import STOPPED_SPEED, Objects
from envs.driving.scoring.overlap import boxes_touch
from envs.driving.traffic.corridor import corridor, quad_bounds, shapes_gap, shapes_touch, whole_bounds
from envs.driving.traffic.rails import Rails
from envs.driving.traffic.tracks import Tracks

MIN_GAP_M = 1.0
HEADWAY_S = 1.5
ACCELERATION = 1.0
DECELERATION = 2.0
EXPONENT = 4
RADIUS_M = 100.0
STEP_S = 0.1


@njit(cache=True)
def idm_acceleration(speed, target, gap, lead_speed):
    """IDM's acceleration, clamped, m/s2; ``gap`` m bumper to bumper."""
    wanted = MIN_GAP_M + speed * HEADWAY_S + speed * (speed - lead_speed) / (2.0 * np.sqrt(ACCELERATION * DECELERATION))
    ratio = wanted / max(gap, MIN_GAP_M)
    free = (speed / target) ** EXPONENT
    return min(max(ACCELERATION * (1.0 - free - ratio * ratio), -DECELERATION), ACCELERATION)


@njit(cache=True)
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


@njit(cache=True)
def _comes_before(a, b):
    """Whether the shape of bounds ``a`` (4,) lies before that of ``b`` in a tree that is sorted by x, then by y: it is found first where both are equally near."""
    if a[1] + a[3] != b[1] + b[3]:
        return a[1] + a[3] < b[1] + b[3]
    return a[0] + a[2] < b[0] + b[2]


@njit(cache=True)
def react(ego, path, progress, offsets, shape, shape_progress, shape_offsets, start, speeds, target, size, start_box, poses, active):
    """Agents over the steps of ``ego`` (T, 11): their ``poses`` (T, A, 3), of which row 0 is left alone, and whether they are still there: ``active`` (T, A)."""
    n = len(start)
    most = 4
    for i in range(n):
        most = max(most, 2 * (shape_offsets[i + 1] - shape_offsets[i]) + 2)
    # what each agent occupies, and in the last row the ego
    quads, bounds = np.empty((n + 1, most, 4, 2)), np.empty((n + 1, most, 4))
    count, whole = np.ones(n + 1, np.int64), np.empty((n + 1, 4))
    way, way_bounds, way_whole = np.empty((most, 4, 2)), np.empty((most, 4)), np.empty(4)
    at, speed, alive = start.copy(), speeds.copy(), np.ones(n, np.bool_)
    pose = np.empty((n, 3))
    for i in range(n):
        quads[i, 0] = start_box[i]
        quad_bounds(quads[i, 0], bounds[i, 0])
        whole[i] = bounds[i, 0]
        pose_on(path, progress, offsets[i], offsets[i + 1], at[i], pose[i])

    for t in range(1, len(ego)):
        state = ego[t - 1]
        box_corners(state[0], state[1], state[2], HALF_LENGTH, HALF_WIDTH, quads[n, 0])
        quad_bounds(quads[n, 0], bounds[n, 0])
        whole[n] = bounds[n, 0]
        for i in range(n):
            if alive[i] and np.hypot(pose[i, 0] - state[0], pose[i, 1] - state[1]) > RADIUS_M:
                alive[i] = False
        for i in range(n):
            if not alive[i]:
                continue
            first, last = shape_offsets[i], shape_offsets[i + 1]
            low, high = progress[offsets[i]], progress[offsets[i + 1] - 1]
            half_width = size[i, 1] / 2.0
            here = min(max(at[i], low), high)
            from_here = here if here < high else shape_progress[last - 2]
            pieces = corridor(shape, shape_progress, first, last, from_here, high, half_width, way, way_bounds)
            whole_bounds(way_bounds, pieces, way_whole)
            lead, gap = -1, np.inf
            for j in range(n + 1):
                if j == i or (j < n and not alive[j]):
                    continue
                if not shapes_touch(way, way_bounds, pieces, way_whole, quads[j], bounds[j], count[j], whole[j]):
                    continue
                apart = shapes_gap(quads[i], bounds[i], count[i], quads[j], bounds[j], count[j], whole[j])
                if apart < gap or (apart == gap and _comes_before(whole[j], whole[lead])):
                    lead, gap = j, apart
            if lead < 0:
                gap, lead_speed = high - at[i] - size[i, 0] / 2.0, 0.0
            elif lead == n:
                lead_speed = np.hypot(state[3], state[4]) * np.cos(state[2] - pose[i, 2])
            else:
                lead_speed = speed[lead] * np.cos(pose[lead, 2] - pose[i, 2])
            acceleration = idm_acceleration(speed[i], target[i], gap, lead_speed)
            at[i] += STEP_S * speed[i]
            speed[i] = max(speed[i] + STEP_S * acceleration, 0.0)
            pose_on(path, progress, offsets[i], offsets[i + 1], at[i], pose[i])

            begin = min(max(at[i] - size[i, 0] / 2.0, low), high)
            end = min(max(at[i] + size[i, 0] / 2.0 + speed[i] * HEADWAY_S, low), high)
            if begin >= high:
                begin = shape_progress[last - 2]
            if end <= low:
                end = shape_progress[first + 1]
            pieces = corridor(shape, shape_progress, first, last, begin, end, half_width, quads[i], bounds[i])
            box_corners(pose[i, 0], pose[i, 1], pose[i, 2], size[i, 0] / 2.0, half_width, quads[i, pieces])
            quad_bounds(quads[i, pieces], bounds[i, pieces])
            count[i] = pieces + 1
            whole_bounds(bounds[i], count[i], whole[i])
        poses[t] = pose
        active[t] = alive


@njit(cache=True)
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
    react(
        ego, rails.path, rails.progress, rails.offsets, rails.shape, rails.shape_progress, rails.shape_offsets,
        rails.start, rails.speed, rails.target, rails.size, rails.start_box, poses, active,
    )  # fmt: skip
    present = logged.present[:steps].copy()
    present[1:, vehicle] = False
    present[0] &= tracks.in_first_frame  # ghosts that are seen later do not exist yet
    corners, centre = logged.corners[:steps].copy(), logged.centre[:steps].copy()
    centre[1:, rails.stay] = centre[0, rails.stay]
    _compose(poses, active, rails.agents, rails.stay, corners[0, rails.stay], tracks.size / 2.0, centre, corners, present)
    # vehicles are first seen now, whatever they did: a stopped one that starts still counts as stopped
    return Objects(corners, centre, present, logged.radius, logged.is_agent, ~logged.is_agent | (tracks.first_speed <= STOPPED_SPEED))
