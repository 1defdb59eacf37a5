"""What an environment drives in: a scene with its map, and for the closed loop the world that goes on after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from envs.driving.closed_loop.traffic_world import TrafficWorld
from envs.driving.map.driving_map import DrivingMap
from envs.driving.scene import Floats, Frame, Scene

TRAFFIC: Final = ("scene", "idm")
"""Who drives around the ego in the closed loop: "scene", the source's own (the generator's actors go on with their script, a log's vehicles keep to their logged paths at a pace of their own); "idm", whatever the source, corrected
IDM on routes of the map (:class:`envs.driving.traffic.idm_world.IdmWorld`)."""


@dataclass(frozen=True, eq=False)
class DriveStart:
    """The first moment of a closed-loop drive.

    ``history``: four frames at 2 Hz, the last is now; ``state`` (11,) of the ego now; ``route_ids``: roadblocks in order, long enough for the drive; ``human`` (n, 3): global rear-axle poses of the log's driver at 2 Hz from now
    on, the first is now, as long as the drive or longer; ``route_line`` (n, 2): the centreline where the source knows it, else None.
    """

    world: TrafficWorld
    history: tuple[Frame, ...]
    state: Floats
    route_ids: tuple[str, ...]
    human: Floats
    route_line: Floats | None = None


@dataclass(frozen=True, eq=False)
class DrivingCase:
    """One scene to be driven. ``name`` says which; ``facts`` is JSON data about it (situation, road form, ...); ``labels`` its reasoning labels where it has any;
    ``start(seconds, negative, traffic)`` opens a closed-loop drive among the traffic of that name (:data:`TRAFFIC`), None where the source has nothing that goes on."""

    name: str
    scene: Scene
    driving_map: DrivingMap
    weather: str = "day"
    seed: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] | None = None
    start: Callable[[float, bool, str], DriveStart] | None = None


@dataclass(frozen=True, eq=False)
class TwoStageGroup:
    """One mapping of the two-stage protocol: the scene ``now``, the one half a second before, and the synthetic pairs that begin where plans could end."""

    now: DrivingCase
    previous: DrivingCase
    pairs: tuple[tuple[DrivingCase, DrivingCase], ...]


class CaseSource(Protocol):
    """Where cases come from. ``options`` are those of ``reset``; a source takes the ones that it knows (:attr:`option_names`)."""

    option_names: frozenset[str]

    def case(self, seed: int, options: Mapping[str, Any]) -> DrivingCase: ...

    def group(self, seed: int, options: Mapping[str, Any]) -> TwoStageGroup: ...
