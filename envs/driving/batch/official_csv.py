"""Results as CSV in the column names of the official scripts (navsim/planning/script/run_pdm_score*.py): a row a scene and trajectory, then a mean row a trajectory."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from envs.driving.batch.official_json import mean_scores, rounded
from envs.driving.batch.score_folder import FolderScores
from envs.driving.scoring.scores import OFFICIAL_NAMES, V1_COLUMNS

V2_SHOWN = ("nc", "dac", "ddc", "tlc", "ep", "ttc", "lk", "hc", "mult_prod", "ec", "score", "pdm_score")
NAMES = {**OFFICIAL_NAMES, "mult_prod": "multiplicative_metrics_prod", "pdm_score": "pdm_score"}


def write_csv(path: Path, scored: FolderScores, version: str) -> None:
    """Synthetic scenes have no ``ec`` and ``score`` here; failed scenes have ``valid`` False and nothing else."""
    shown = V1_COLUMNS if version == "v1" else V2_SHOWN
    head = ["trajectory", "token", "log_name", "frame_type", "start_time", "valid", *(NAMES[name] for name in shown)]
    with Path(path).open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        for i, name in enumerate(scored.names):
            rows = []
            for result in scored.results.values():
                values: list[Any] = [rounded(result.scores[column][i]) for column in shown]
                if result.is_synthetic and version == "v2":
                    values = [None if column in ("ec", "score") else value for column, value in zip(shown, values)]
                kind = "synthetic" if result.is_synthetic else "original"
                table.writerow([name, result.token, result.log_name, kind, result.start_us * 1e-6, True, *values])
                if not result.is_synthetic:
                    rows.append([np.nan if value is None else value for value in values])
            for token in scored.errors:
                table.writerow([name, token, "", "", "", False, *([None] * len(shown))])
            if rows:
                means = np.array([[np.nan if value is None else value for value in row] for row in rows], np.float64)
                known = [rounded(column[~np.isnan(column)].mean()) if (~np.isnan(column)).any() else None for column in means.T]
                known[shown.index("score")] = rounded(mean_scores(scored)[name])
                table.writerow([name, "average", "", "original", "", True, *known])
