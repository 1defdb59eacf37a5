"""A cabinet with three drawers, made of boxes: a fixed articulation with three prismatic joints."""

from __future__ import annotations

from typing import Any

from envs.manipulation.tabletop.layout import PlacedCabinet
from envs.manipulation.tabletop.world import DrawerState


class Cabinet:
    @classmethod
    def build(cls, scene: Any, placed: PlacedCabinet) -> Cabinet:
        raise NotImplementedError

    def start(self) -> None: ...

    def drawers(self) -> dict[str, DrawerState]:
        return {}

    def body_names(self) -> dict[Any, str]:
        return {}
