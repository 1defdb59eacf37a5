"""Everybody but the ego, as the closed loop needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from envs.driving.scene import Boxes, Floats


class TrafficWorld(Protocol):
    """The others at the present moment; 10 Hz, global frame. A new one is made for every episode."""

    name: str
    """Which traffic model this is; named in the result."""

    def boxes(self) -> Boxes:
        """All objects now, of constant tokens over an episode as long as they exist."""
        ...

    def lights(self) -> Mapping[str, str]:
        """{lane connector: "red" | "yellow" | "green"} now."""
        ...

    def step(self, ego_pose: Floats, ego_speed: float) -> None:
        """Go on by 0.1 s; the ego's rear axle is at ``ego_pose`` (x, y, heading), at ``ego_speed`` m/s, at the beginning of the step."""
        ...
