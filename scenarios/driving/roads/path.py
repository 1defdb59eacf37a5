"""A path that something drives, walks or rides along: dense samples with heading and curvature, looked up by distance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scenarios.driving.roads.curves import Array, arc_length, offset, resample, smooth_step, with_headings

SPACING = 0.5


@dataclass(frozen=True, eq=False)
class Path:
    """Samples (n, 3) x, y, heading at even distances of about 0.5 m. Beyond its ends a path goes straight on."""

    samples: Array

    @staticmethod
    def through(curve: Array) -> Path:
        """The path along a curve (n, 3), resampled; joints between lanes are smoothed by the resampling alone."""
        return Path(resample(curve, SPACING))

    @cached_property
    def s(self) -> Array:
        """(n,) distance along the path [m]."""
        return arc_length(self.samples)

    @property
    def length(self) -> float:
        """Length [m]."""
        return float(self.s[-1])

    @cached_property
    def curvature(self) -> Array:
        """(n,) curvature [1/m], left positive, smoothed over 2 m."""
        raw = np.gradient(self.samples[:, 2], self.s)
        return np.convolve(np.pad(raw, 2, mode="edge"), np.full(5, 0.2), mode="valid")

    def at(self, s: float) -> tuple[float, float, float]:
        """The pose (x, y, heading) at distance s."""
        last = len(self.samples) - 1
        step = self.length / last
        place = s / step
        index = min(max(int(place), 0), last - 1)
        share = place - index
        a, b = self.samples[index], self.samples[index + 1]
        turn = min(max(share, 0.0), 1.0)
        return float(a[0] + share * (b[0] - a[0])), float(a[1] + share * (b[1] - a[1])), float(a[2] + turn * (b[2] - a[2]))

    def poses(self, s: Array) -> Array:
        """Poses (k, 3) at distances (k,)."""
        x, y, heading = (np.interp(s, self.s, self.samples[:, column]) for column in range(3))
        beyond, before = np.maximum(s - self.length, 0.0), np.minimum(s, 0.0)
        first, last = self.samples[0, 2], self.samples[-1, 2]
        x = x + beyond * np.cos(last) + before * np.cos(first)
        y = y + beyond * np.sin(last) + before * np.sin(first)
        return np.stack([x, y, heading], axis=1)

    def curvature_at(self, s: float) -> float:
        """Curvature [1/m] at distance s."""
        index = min(max(round(s / (self.length / (len(self.samples) - 1))), 0), len(self.samples) - 1)
        return float(self.curvature[index])

    def project(self, points: Array) -> tuple[Array, Array]:
        """Distance along the path (k,) and distance to its left (k,) of points (k, 2); points beyond an end have the end's distance along."""
        difference = points[:, None, :2] - self.samples[None, :, :2]
        nearest = np.argmin(difference[..., 0] ** 2 + difference[..., 1] ** 2, axis=1)
        rows = np.arange(len(points))
        dx, dy = difference[rows, nearest, 0], difference[rows, nearest, 1]
        heading = self.samples[nearest, 2]
        along = dx * np.cos(heading) + dy * np.sin(heading)
        half = SPACING if len(self.samples) > 1 else 0.0
        return self.s[nearest] + np.clip(along, -half, half), -dx * np.sin(heading) + dy * np.cos(heading)

    def shifted(self, left: float, start: float, length: float, back: tuple[float, float] | None = None) -> Path:
        """The path moved `left` metres to its left over `length` metres from `start` on; `back` = (start, length) of the way back to the line."""
        profile = left * smooth_step((self.s - start) / length)
        if back is not None:
            profile = profile * (1.0 - smooth_step((self.s - back[0]) / back[1]))
        return Path.through(with_headings(offset(self.samples, profile)[:, :2]))

    def part(self, start: float, end: float) -> Path:
        """The piece between two distances."""
        return Path.through(self.poses(np.arange(start, end + SPACING, SPACING)))
