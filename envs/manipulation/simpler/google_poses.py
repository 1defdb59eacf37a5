"""Where the Google Robot stands before the cabinet (``simpler.md`` D1, D3)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

# {pose: (x, y in m, yaw in rad, world)} of visual matching, one a photograph
POSES: Mapping[str, tuple[float, float, float]] = {
    "a0": (0.644, -0.179, -0.03),
    "a1": (0.765, -0.182, -0.02),
    "a2": (0.889, -0.203, -0.06),
    "b0": (0.652, 0.009, 0.0),
    "b1": (0.752, 0.009, 0.0),
    "b2": (0.851, 0.035, 0.0),
    "c0": (0.665, 0.224, 0.0),
    "c1": (0.765, 0.222, -0.025),
    "c2": (0.865, 0.222, -0.025),
}
# ... and of variant aggregation, which has no photographs
GRID_POSES: Mapping[str, tuple[float, float, float]] = {
    f"x{x:.2f}_y{y:+.1f}": (x, y, 0.0) for x, y in product((0.65, 0.75, 0.85), (-0.2, 0.0, 0.2))
}
