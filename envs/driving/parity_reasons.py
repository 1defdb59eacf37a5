"""Why a cell may differ from the official one, found out by experiment: a plan of reference that differs, or a case on a boundary."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.driving.batch.cache_folder import make_cache
from envs.driving.batch.score_folder import Options
from envs.driving.batch.trajectory_file import TrajectoryFile
from envs.driving.formats import NavsimData
from envs.driving.scene import Trajectory
from envs.driving.scoring.score import score

TRIALS = 16
NUDGE = 1e-7


class Reasons:
    """Called with scene, trajectory and column of a cell that is not equal."""

    def __init__(self, data: NavsimData, file: TrajectoryFile, options: Options, official: dict[str, Any]) -> None:
        self._data, self._file, self._options, self._official = data, file, options, official

    def __call__(self, scene: str, slot: int, column: str) -> str:
        cache, facts = make_cache(self._data, scene, self._options.version)
        theirs = self._official["scenes"][scene]
        choice = theirs.get("pdm_choice") if isinstance(theirs, dict) else None
        if choice is not None and choice != facts.choice:
            return f"PDM-Closed chose proposal {facts.choice} instead of {choice}, which it scores {facts.top_gap:.2g} better than the next"
        if column in ("ec", "score", "mult_prod"):
            return "follows from another cell of this scene or of the one before"
        _, trajectories = self._file.of(scene)
        rng = np.random.default_rng(0)
        plan = trajectories[slot]
        nudged = [Trajectory(plan.poses + rng.normal(0.0, NUDGE, plan.poses.shape), plan.dt) for _ in range(TRIALS)]
        named = self._named(column)
        scores = score(cache, nudged, version=self._options.version, traffic=self._options.traffic, human_filter=self._options.human_filter)
        values = {float(value) for value in np.nan_to_num(scores[named], nan=-1.0)}
        if len(values) > 1 and column != "raw_ep" and column != "ep":
            return f"on a boundary: it flips when the poses move by {NUDGE:g} m"
        return "unexplained"

    def _named(self, column: str) -> str:
        if self._options.version != "v1":
            return column
        from envs.driving.scoring.scores import OFFICIAL_NAMES

        return next((short for short, name in OFFICIAL_NAMES.items() if name == column), column)
