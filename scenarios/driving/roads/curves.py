"""Plane curves that roads and paths are made of: sweeps of linear curvature, joins between two poses, offsets.

A curve is an array (n, 3) of x, y [m] and heading [rad] (unwrapped along the curve), sampled at most `STEP` apart; headings turn left-positive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP = 1.0
"""Largest distance between samples [m]: NAVSIM's route correction measures to the nearest baseline vertex, within 3 m."""


def sweep(start: tuple[float, float, float], segments: list[tuple[float, float, float]], step: float = STEP) -> Array:
    """The curve (n, 3) that leaves `start` (x, y, heading) through `segments` of (length m, first curvature 1/m, last curvature 1/m), curvature linear in between."""
    fine = 0.05
    arc: list[Array] = [np.zeros(1)]
    curvature: list[Array] = [np.array([segments[0][1]])]
    done = 0.0
    for length, first, last in segments:
        count = max(2, round(length / fine))
        share = np.arange(1, count + 1) / count
        arc.append(done + share * length)
        curvature.append(first + share * (last - first))
        done += length
    s, k = np.concatenate(arc), np.concatenate(curvature)
    ds = np.diff(s)
    heading = start[2] + np.concatenate([[0.0], np.cumsum(0.5 * (k[1:] + k[:-1]) * ds)])
    middle = 0.5 * (heading[1:] + heading[:-1])
    x = start[0] + np.concatenate([[0.0], np.cumsum(np.cos(middle) * ds)])
    y = start[1] + np.concatenate([[0.0], np.cumsum(np.sin(middle) * ds)])
    wanted = np.linspace(0.0, done, max(2, int(np.ceil(done / step)) + 1))
    return np.stack([np.interp(wanted, s, x), np.interp(wanted, s, y), np.interp(wanted, s, heading)], axis=1)


def join(first: Array, last: Array, stretch: float = 0.4, step: float = STEP) -> Array:
    """The curve (n, 3) from pose `first` (3,) to pose `last` (3,): a quintic Bezier curve without curvature at its ends; `stretch` is the share of the distance that a handle is long."""
    gap = float(np.hypot(*(last[:2] - first[:2])))
    ahead = np.array([np.cos(first[2]), np.sin(first[2])]) * gap * stretch
    back = np.array([np.cos(last[2]), np.sin(last[2])]) * gap * stretch
    control = np.stack([first[:2], first[:2] + 0.5 * ahead, first[:2] + ahead, last[:2] - back, last[:2] - 0.5 * back, last[:2]])
    t = np.linspace(0.0, 1.0, 257)[:, None]
    weights = [1, 5, 10, 10, 5, 1]
    points = np.zeros((len(t), 2))
    for power, (weight, point) in enumerate(zip(weights, control, strict=True)):
        points += weight * (1 - t) ** (5 - power) * t**power * point
    curve = with_headings(points)
    curve[:, 2] += 2 * np.pi * np.round((first[2] - curve[0, 2]) / (2 * np.pi))
    curve[0, 2] = first[2]
    curve[-1, 2] = last[2] + 2 * np.pi * np.round((curve[-1, 2] - last[2]) / (2 * np.pi))
    return resample(curve, step)


def with_headings(points: Array) -> Array:
    """Points (n, 2) with the heading of the curve through them: (n, 3)."""
    slope = np.gradient(points, axis=0)
    return np.column_stack([points, np.unwrap(np.arctan2(slope[:, 1], slope[:, 0]))])


def arc_length(curve: Array) -> Array:
    """Distance along the curve (n, >=2) of each sample: (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(curve[:, 0]), np.diff(curve[:, 1])))])


def travelled(speed: Array, dt: float) -> Array:
    """Way (n,) [m] from the first of `speed` (n,) [m/s] on, one every `dt` seconds, by trapezoids."""
    return np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * dt)])


def resample(curve: Array, step: float = STEP) -> Array:
    """The curve (n, 3) at even distances of at most `step`; its ends stay."""
    s = arc_length(curve)
    wanted = np.linspace(0.0, s[-1], max(2, int(np.ceil(s[-1] / step)) + 1))
    return np.stack([np.interp(wanted, s, curve[:, column]) for column in range(3)], axis=1)


def offset(curve: Array, left: float | Array) -> Array:
    """The curve (n, 3) moved `left` metres to its left (a number, or one for each sample); headings are those of the curve itself."""
    moved = curve.copy()
    moved[:, 0] -= left * np.sin(curve[:, 2])
    moved[:, 1] += left * np.cos(curve[:, 2])
    return moved


def reverse(curve: Array) -> Array:
    """The same curve driven the other way."""
    turned = curve[::-1].copy()
    turned[:, 2] += np.pi
    return turned


def concatenate(curves: list[Array]) -> Array:
    """Curves one after another, joints kept once, headings unwrapped over the whole."""
    rows = [curves[0]] + [curve[1:] for curve in curves[1:]]
    whole = np.concatenate(rows)
    whole[:, 2] = np.unwrap(whole[:, 2])
    return whole


def smooth_step(x: Array) -> Array:
    """The quintic from 0 (x <= 0) to 1 (x >= 1) without slope or curvature at either end."""
    t = np.clip(x, 0.0, 1.0)
    return t**3 * (10 - 15 * t + 6 * t**2)


def wrap(angle: float) -> float:
    """The angle in (-pi, pi]."""
    return float(np.arctan2(np.sin(angle), np.cos(angle)))


def transform(points: Array, pose: tuple[float, float, float]) -> Array:
    """Points (n, 2) or poses (n, 3) of a frame that stands at `pose`, in the frame that `pose` is given in."""
    cosine, sine = np.cos(pose[2]), np.sin(pose[2])
    moved = np.array(points, dtype=np.float64)
    moved[:, 0] = pose[0] + cosine * points[:, 0] - sine * points[:, 1]
    moved[:, 1] = pose[1] + sine * points[:, 0] + cosine * points[:, 1]
    if points.shape[1] > 2:
        moved[:, 2] = points[:, 2] + pose[2]
    return moved


def relative(poses: Array, pose: Array) -> Array:
    """Poses (n, 3) in the frame of `pose` (3,); headings in (-pi, pi]."""
    cosine, sine = np.cos(pose[2]), np.sin(pose[2])
    dx, dy = poses[:, 0] - pose[0], poses[:, 1] - pose[1]
    turn = np.arctan2(np.sin(poses[:, 2] - pose[2]), np.cos(poses[:, 2] - pose[2]))
    return np.stack([cosine * dx + sine * dy, cosine * dy - sine * dx, turn], axis=1)
