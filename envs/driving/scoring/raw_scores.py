"""The sub-scores of simulated states among given objects, before any filter or aggregation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.driving.scene import Floats
from envs.driving.scoring.areas import AreaMap, areas
from envs.driving.scoring.comfort import measure_comfort_v1, measure_history_comfort
from envs.driving.scoring.drivable_area import measure_drivable_area
from envs.driving.scoring.driving_direction import measure_driving_direction
from envs.driving.scoring.footprint import footprints
from envs.driving.scoring.lane_keeping import measure_lane_keeping
from envs.driving.scoring.measure import Measure
from envs.driving.scoring.no_at_fault_collision import measure_collisions
from envs.driving.scoring.objects import Objects
from envs.driving.scoring.progress import progress_m
from envs.driving.scoring.time_to_collision import measure_time_to_collision
from envs.driving.scoring.traffic_light import RedLights, measure_traffic_lights

NO_HISTORY = np.zeros((0, 11))


@dataclass(frozen=True)
class RawScores:
    """Measures (B,) by name: v2 has nc, dac, ddc, tlc, ttc, lk, hc; v1 has nc, dac, ddc, ttc, comfort. ``progress_m`` (B,); steps (B,) of the first at-fault collision and TTC infraction, -1 for none."""

    measures: Mapping[str, Measure]
    progress_m: Floats
    collision_step: NDArray[np.int64]
    ttc_step: NDArray[np.int64]

    def __getitem__(self, name: str) -> Floats:
        return self.measures[name].value

    @classmethod
    def joined(cls, parts: Sequence[RawScores]) -> RawScores:
        """Several batches as one."""
        measures = {
            name: Measure(np.concatenate([p.measures[name].value for p in parts]), np.concatenate([p.measures[name].valid for p in parts]))
            for name in parts[0].measures
        }
        return cls(
            measures,
            np.concatenate([p.progress_m for p in parts]),
            np.concatenate([p.collision_step for p in parts]),
            np.concatenate([p.ttc_step for p in parts]),
        )

    def product(self, names: tuple[str, ...]) -> Floats:
        """Product (B,) of some measures, in the order given."""
        product = np.ones(len(self.progress_m))
        for name in names:
            product = product * self[name]
        return product


@dataclass(frozen=True)
class StaticScores:
    """What a drive scores whatever the others do, and what is needed to score it among them."""

    feet: Floats
    flags: NDArray[np.int64]
    measures: Mapping[str, Measure]
    progress_m: Floats

    def row(self, b: int) -> StaticScores:
        """One drive of the batch, as a batch of its own."""
        one = slice(b, b + 1)
        measures = {name: Measure(measure.value[one], measure.valid[one]) for name, measure in self.measures.items()}
        return StaticScores(self.feet[one], self.flags[one], measures, self.progress_m[one])


def static_scores(
    states: Floats, area: AreaMap, lights: RedLights, line: Floats, history: Floats = NO_HISTORY, version: str = "v2"
) -> StaticScores:
    """All that does not depend on the other road users, of ``states`` (B, T, 11)."""
    feet = footprints(states)
    flags = areas(states, feet, area)
    measures: dict[str, Any] = {
        "dac": measure_drivable_area(flags),
        "ddc": measure_driving_direction(feet, flags, spare_intersections=version == "v2"),
    }
    if version == "v2":
        measures["tlc"] = measure_traffic_lights(feet, lights)
        measures["lk"] = measure_lane_keeping(feet, flags, line)
        measures["hc"] = measure_history_comfort(history, states)
    else:
        measures["comfort"] = measure_comfort_v1(states)
    return StaticScores(feet, flags, measures, progress_m(feet, line))


def among(states: Floats, static: StaticScores, objects: Objects, ignored: NDArray[np.bool_] | None = None) -> RawScores:
    """``static`` completed by the scores among ``objects``, the same for the whole batch. ``ignored`` (K,): those that do not count from the start."""
    if ignored is None:
        ignored = np.zeros(len(objects.radius), bool)
    nc, collision = measure_collisions(states, static.feet, static.flags, objects, ignored)
    ttc, infraction = measure_time_to_collision(states, static.feet, static.flags, objects, ignored)
    return RawScores({"nc": nc, **static.measures, "ttc": ttc}, static.progress_m, collision, infraction)


def raw_scores(
    states: Floats,
    objects: Objects,
    area: AreaMap,
    lights: RedLights,
    line: Floats,
    history: Floats = NO_HISTORY,
    ignored: NDArray[np.bool_] | None = None,
    version: str = "v2",
) -> RawScores:
    """Sub-scores of ``states`` (B, T, 11) among ``objects``, on ``area`` with ``lights``, along ``line`` (n, 2), after ``history`` (h, 11)."""
    return among(states, static_scores(states, area, lights, line, history, version), objects, ignored)
