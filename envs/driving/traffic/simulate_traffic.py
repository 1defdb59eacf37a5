"""The kinds of traffic, by name, and what each shows around one drive of the ego."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from envs.driving.errors import FormatError
from envs.driving.scene import Floats
from envs.driving.scoring.objects import Objects
from envs.driving.traffic.idm import idm_objects
from envs.driving.traffic.navsim_idm import reactive_objects
from harness.errors import did_you_mean

if TYPE_CHECKING:
    from envs.driving.scoring.metric_cache import SceneCache


class Traffic(StrEnum):
    """``LOG_REPLAY``: as seen; ``NAVSIM_V2``: NAVSIM's reactive IDM, quirks included; ``IDM``: corrected, with lights obeyed and routes extended."""

    LOG_REPLAY = "log-replay"
    NAVSIM_V2 = "navsim-v2"
    IDM = "idm"

    @classmethod
    def named(cls, name: str) -> Traffic:
        """By value, or "reactive" for NAVSIM's. Raises FormatError."""
        try:
            return cls.NAVSIM_V2 if name == "reactive" else cls(name)
        except ValueError:
            raise FormatError(f"there is no traffic {name!r}", did_you_mean(name, [*cls, "reactive"])) from None


def simulated_objects(cache: SceneCache, ego: Floats, kind: Traffic) -> Objects:
    """The objects around an ego that drives through ``ego`` (41, 11). Raises FormatError for a cache without rails."""
    if kind is Traffic.LOG_REPLAY:
        return cache.replayed
    if cache.rails is None or cache.routes is None:
        raise FormatError(f"the cache of scene {cache.token} has no lanes for its vehicles", "build it for v2")
    if kind is Traffic.NAVSIM_V2:
        return reactive_objects(ego, cache.rails, cache.tracks, cache.objects)
    assert cache.routes is not None
    return idm_objects(ego, cache.routes, cache.closed_stops, cache.tracks, cache.objects)
