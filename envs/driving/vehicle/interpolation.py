"""A plan of a few poses becomes the reference of the tracker: poses at 0, 0.1, ... 4.0 s.

As navsim/evaluate/pdm_score.py does it: the initial pose is put in front, x, y and the unwrapped heading are interpolated linearly over integer microseconds, and those are *truncated*, so that about a third of the samples lie
1 us early. Samples after the last pose stay there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.driving.errors import TrajectoryError
from envs.driving.kernel import kernel
from envs.driving.scene import Floats, Trajectory

SAMPLE_S = 0.1
HORIZON_STEPS = 40
SHORTEST_DT_S = 1e-3


class PlanBatch(NamedTuple):
    """Plans of different lengths as one array: ``poses`` (B, n_max, 3) in the ego's frame, ``count`` (B,), ``dt`` (B,) s."""

    poses: Floats
    count: NDArray[np.int64]
    dt: Floats


def plan_batch(trajectories: Sequence[Trajectory] | Floats) -> PlanBatch:
    """Trajectories, or an array (B, n, 3) of poses at 2 Hz, packed. Raises TrajectoryError for a dt below 1 ms, and for an array of another shape or with NaN."""
    if isinstance(trajectories, np.ndarray):
        if trajectories.ndim != 3 or trajectories.shape[1] < 1 or trajectories.shape[2] != 3:
            raise TrajectoryError(f"an array of trajectories has shape {trajectories.shape}", "give (trajectories, poses, 3)")
        if not np.isfinite(trajectories).all():
            first = int(np.argwhere(~np.isfinite(trajectories))[0, 0])
            raise TrajectoryError(f"trajectory {first} of an array is not finite", "give numbers, in metres and radians")
        b, n, _ = trajectories.shape
        return PlanBatch(np.ascontiguousarray(trajectories, np.float64), np.full(b, n, np.int64), np.full(b, 0.5))
    for trajectory in trajectories:
        if trajectory.dt < SHORTEST_DT_S:
            raise TrajectoryError(
                f"a trajectory's dt is {trajectory.dt} s", f"give at least {SHORTEST_DT_S} s: times are whole microseconds"
            )
    count = np.array([len(t.poses) for t in trajectories], np.int64)
    poses = np.zeros((len(count), int(count.max(initial=1)), 3))
    for row, trajectory in zip(poses, trajectories):
        row[: len(trajectory.poses)] = trajectory.poses
    return PlanBatch(poses, count, np.array([t.dt for t in trajectories], np.float64))


@kernel
def sample_path(knots_us, knots, times_us, out):
    """``knots`` (k, 3) x, y, unwrapped heading at ``knots_us`` (k,), sampled at ``times_us`` (t,) into ``out`` (t, 3); heading wrapped to [-pi, pi)."""
    two_pi = 2.0 * np.pi
    segment = 0
    for i in range(len(times_us)):
        t = times_us[i]
        while segment < len(knots_us) - 2 and knots_us[segment + 1] < t:
            segment += 1
        span = float(knots_us[segment + 1] - knots_us[segment])
        elapsed = float(t - knots_us[segment])
        for c in range(3):
            slope = (knots[segment + 1, c] - knots[segment, c]) / span
            out[i, c] = slope * elapsed + knots[segment, c]
        out[i, 2] = (out[i, 2] + np.pi) % two_pi - np.pi


@kernel
def unwrap(headings):
    """Headings (n,) in place without jumps of more than half a turn."""
    for i in range(1, len(headings)):
        step = headings[i] - headings[i - 1]
        headings[i] = headings[i - 1] + (step - 2.0 * np.pi * np.floor((step + np.pi) / (2.0 * np.pi)))


@kernel
def _reference(ego_pose, start_us, poses, count, dt, steps, out):
    start_s = start_us * 1e-6
    cos, sin = np.cos(ego_pose[2]), np.sin(ego_pose[2])
    times = np.empty(steps + 1, np.int64)
    for b in range(len(count)):
        n = count[b]
        knots, knots_us = np.empty((n + 1, 3)), np.empty(n + 1, np.int64)
        knots[0], knots_us[0] = ego_pose, start_us
        for k in range(n):
            x, y, heading = poses[b, k]
            knots[k + 1, 0] = ego_pose[0] + (x * cos - y * sin)
            knots[k + 1, 1] = ego_pose[1] + (x * sin + y * cos)
            knots[k + 1, 2] = ego_pose[2] + heading
            knots_us[k + 1] = np.int64((k * dt[b] + dt[b] + start_s) * 1e6)
        unwrap(knots[:, 2])
        for i in range(steps + 1):
            t = np.int64((i * SAMPLE_S + start_s) * 1e6)
            times[i] = min(max(t, start_us), knots_us[n])
        sample_path(knots_us, knots, times, out[b])


def reference_poses(ego_pose: Floats, start_us: int, plans: PlanBatch, steps: int = HORIZON_STEPS) -> Floats:
    """The references (B, steps + 1, 3) of ``plans``: global x, y, heading. ``ego_pose`` (3,) is the rear axle at ``start_us``."""
    out = np.empty((len(plans.count), steps + 1, 3))
    _reference(np.asarray(ego_pose, np.float64), int(start_us), plans.poses, plans.count, plans.dt, steps, out)
    return out


def interpolate_poses(poses: Floats, start_us: int, step_us: int = 100_000, steps: int = HORIZON_STEPS) -> Floats:
    """Global ``poses`` (n, 3), one every ``step_us`` from ``start_us`` on, at the scorer's truncated times: (steps + 1, 3). PDM-Closed's trajectory becomes its reference this way."""
    knots = np.array(poses, np.float64)
    unwrap(knots[:, 2])
    knots_us = start_us + step_us * np.arange(len(knots), dtype=np.int64)
    times = ((np.arange(steps + 1) * SAMPLE_S + start_us * 1e-6) * 1e6).astype(np.int64)
    out = np.empty((steps + 1, 3))
    sample_path(knots_us, knots, np.clip(times, knots_us[0], knots_us[-1]), out)
    return out
