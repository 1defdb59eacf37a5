"""A line to follow: projected to, interpolated along, cut (navsim's PDMPath)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.ops import substring

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.centreline import locate

NEAREST_START_M = 1e-5


@kernel  # a limit of 0 m/s or a joint of no length is no error
def pose_at(poses, progress, distance, out):
    """x, y, heading at ``distance`` along a path into ``out`` (3,). ``poses`` (n, 3) with unwrapped heading, ``progress`` (n,) m; beyond its ends the path stands still."""
    at = min(max(distance, NEAREST_START_M), progress[-1])
    high = min(max(np.searchsorted(progress, at), 1), len(progress) - 1)
    low = high - 1
    for c in range(3):
        slope = (poses[high, c] - poses[low, c]) / (progress[high] - progress[low])
        out[c] = slope * (at - progress[low]) + poses[low, c]
    out[2] = np.arctan2(np.sin(out[2]), np.cos(out[2]))
    for c in range(3):
        if np.isnan(out[c]):
            out[c] = 0.0


@dataclass(frozen=True, eq=False)
class Path:
    """``poses`` (n, 3) x, y, heading of its vertices; headings unwrapped."""

    poses: Floats

    @classmethod
    def along(cls, poses: Floats, offset: float = 0.0) -> Path:
        """The path through ``poses`` (n, 3), shifted to its left by ``offset`` m."""
        moved = np.array(poses, np.float64)
        if offset:
            side = moved[:, 2] + np.pi / 2
            moved[:, 0] += np.cos(side) * offset
            moved[:, 1] += np.sin(side) * offset
        moved[:, 2] = np.unwrap(moved[:, 2])
        moved.setflags(write=False)
        return cls(moved)

    @cached_property
    def xy(self) -> Floats:
        return np.ascontiguousarray(self.poses[:, :2])

    @cached_property
    def progress(self) -> Floats:
        """(n,) m from the start to each vertex."""
        return np.cumsum(np.append(0.0, np.linalg.norm(np.diff(self.xy, axis=0), axis=1)))

    @property
    def length(self) -> float:
        return float(self.progress[-1])

    def project(self, point: Floats) -> float:
        """How far along the path is nearest to ``point`` (2,), m."""
        return float(locate(self.xy, point[0], point[1])[0])

    def at(self, distance: float) -> Floats:
        """(3,) pose, heading in [-pi, pi]."""
        out = np.empty(3)
        pose_at(self.poses, self.progress, distance, out)
        return out

    def between(self, start: float, end: float) -> shapely.LineString | shapely.Point:
        """The vertices from ``start`` to ``end`` m, the ends themselves left out; a true cut only where there are less than two: a point where it has no length."""
        start, end = np.clip([start, end], 0.0, self.length)
        chosen = self.xy[(start <= self.progress) & (self.progress <= end)]
        if len(chosen) > 1:
            return shapely.LineString(chosen)
        return substring(shapely.LineString(self.xy), start, end)
