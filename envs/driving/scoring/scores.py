"""What scoring returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from envs.driving.scene import Floats
from envs.driving.scoring.epdms_v2 import MULTIPLICATIVE, weighted_mean
from envs.driving.scoring.extended_comfort import measure_extended_comfort, overlap_steps
from envs.driving.scoring.human_filter import HumanFilter
from envs.driving.scoring.measure import Measure

V2_RAW = ("nc", "dac", "ddc", "tlc", "ep", "ttc", "lk", "hc")
V2_COLUMNS = (
    *(f"raw_{name}" for name in V2_RAW), *V2_RAW,
    "pdm_score", "mult_prod", "ec", "score", "progress_m", "progress_pdm_m", "mult_prod_pdm", "collision_idx", "ttc_idx",
)  # fmt: skip
V1_COLUMNS = ("nc", "dac", "ep", "ttc", "comfort", "ddc", "score")
OFFICIAL_NAMES = {
    "nc": "no_at_fault_collisions",
    "dac": "drivable_area_compliance",
    "ddc": "driving_direction_compliance",
    "tlc": "traffic_light_compliance",
    "ep": "ego_progress",
    "ttc": "time_to_collision_within_bound",
    "lk": "lane_keeping",
    "hc": "history_comfort",
    "ec": "two_frame_extended_comfort",
    "comfort": "comfort",
    "score": "score",
}


@dataclass(frozen=True)
class Scores:
    """The scores of ``B`` trajectories in one scene.

    ``columns``: arrays (B,) by the names of V2_COLUMNS or V1_COLUMNS; NaN where there is nothing (``ec`` without a frame before, no collision). ``valid``: whether each metric says anything, by its short name. ``states``
    (B, 41, 11): how the vehicle drove. ``human``: the human's sub-scores, None without. ``scorer``, ``traffic``, ``human_filter`` and ``snapshot`` (a hash of the data) say what they rest on.
    """

    token: str
    start_us: int
    columns: Mapping[str, Floats]
    valid: Mapping[str, np.ndarray]
    states: Floats
    scorer: str
    traffic: str
    human_filter: HumanFilter
    snapshot: str
    human: Mapping[str, float] | None = None

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.states)

    @property
    def score(self) -> Floats:
        """The final score (B,) of each trajectory: the reward."""
        return self.columns["score"]

    def rows(self) -> list[list[float | None]]:
        """One list a trajectory in the order of ``columns``; None for NaN."""
        return [[None if np.isnan(value) else float(value) for value in row] for row in np.column_stack(list(self.columns.values()))]

    def after(self, before: Scores) -> Scores:
        """These scores with extended comfort: trajectory i of this scene against trajectory i of the scene ``before``, at most 0.55 s earlier. Raises FormatError for scenes that are further apart."""
        gap_s = self.start_us * 1e-6 - before.start_us * 1e-6
        return self.with_extended_comfort(measure_extended_comfort(self.states, before.states, overlap_steps(gap_s)))

    def with_extended_comfort(self, ec: Measure) -> Scores:
        """These scores, final score included, with the given extended comfort (B,)."""
        columns = {**self.columns, "ec": np.where(ec.valid, ec.value, np.nan)}
        columns["score"] = final_score(columns, self.human_filter)
        return replace(self, columns=columns, valid={**self.valid, "ec": ec.valid})


def final_score(columns: Mapping[str, Floats], human_filter: HumanFilter) -> Floats:
    """EPDMS (B,) from the columns of v2."""
    prefix = "raw_" if human_filter is HumanFilter.BEFORE_2025_09_29 else ""
    product = np.ones(len(columns["ec"]))
    for name in MULTIPLICATIVE:
        product = product * columns[prefix + name]
    return product * weighted_mean({name: columns[prefix + name] for name in ("ep", "ttc", "lk", "hc")}, columns["ec"])
