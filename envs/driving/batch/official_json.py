"""Results in the layout of the official outputs that parity is checked against: ``official_v2_log_replay.json``, ``official_v2_reactive.json`` and ``official_v1_1_pdms.json``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from envs.driving.batch.score_folder import FolderScores, Options, SceneResult
from envs.driving.scoring.scores import OFFICIAL_NAMES, V1_COLUMNS, V2_COLUMNS, V2_RAW

DIGITS = 9
MODES = {"log-replay": "replay"}
DISTRIBUTION = "vla-gauntlet"


def rounded(value: Any) -> Any:
    """Numbers to nine digits, None for what is not finite, lists item by item."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [rounded(item) for item in value]
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), DIGITS)


def about(scored: FolderScores, options: Options, coverage: str) -> dict[str, Any]:
    """What every result says of itself: scorer, package, traffic, filter, data."""
    try:
        package = version(DISTRIBUTION)
    except PackageNotFoundError:
        package = "unknown"
    any_result = next(iter(scored.results.values()), None)
    return {
        "scorer": any_result.scores.scorer if any_result else None,
        "package": f"{DISTRIBUTION} {package}",
        "traffic": any_result.scores.traffic if any_result else options.traffic,
        "human_filter": any_result.scores.human_filter.value if any_result else options.human_filter,
        "data_snapshot": scored.snapshot,
        "coverage": coverage,
        "errors": scored.errors,
    }


def v2_layout(scored: FolderScores, options: Options, coverage: str) -> dict[str, Any]:
    """One row a trajectory in each scene; ``ec`` and ``score`` of synthetic scenes are null, since one stage alone says nothing of them."""
    traffic = next((result.scores.traffic for result in scored.results.values()), options.traffic)
    return {
        "mode": MODES.get(traffic, "reactive" if traffic in ("reactive", "navsim-v2") else traffic),
        "columns": list(V2_COLUMNS),
        "trajectory_names": list(scored.names),
        "pairs_now_prev": scored.pairs,
        "mean_score_one_stage": {name: rounded(score) for name, score in mean_scores(scored).items()},
        "scenes": {token: _v2_scene(result) for token, result in scored.results.items()},
        **about(scored, options, coverage),
    }


def mean_scores(scored: FolderScores) -> Mapping[str, float]:
    """{trajectory: mean final score over the original scenes}."""
    originals = [result.scores.score for result in scored.results.values() if not result.is_synthetic]
    return dict(zip(scored.names, np.mean(originals, axis=0))) if originals else {}


def _v2_scene(result: SceneResult) -> dict[str, Any]:
    scores, facts = result.scores, result.facts
    rows = scores.rows()
    if result.is_synthetic:
        blank = [V2_COLUMNS.index(name) for name in ("ec", "score")]
        rows = [[None if i in blank else value for i, value in enumerate(row)] for row in rows]
    return {
        "log": result.log_name,
        "type": int(result.is_synthetic),
        "start_time_us": result.start_us,
        "ego_start": rounded(result.ego_start),
        "pdm_choice": facts.choice,
        "pdm_top_gap": rounded(facts.top_gap),
        "n_objects": result.n_objects,
        "n_red_t0": result.n_red_at_start,
        "collided_t0": facts.overlapping,
        "human": None if scores.human is None else [rounded(scores.human[name]) for name in V2_RAW],
        "end_state": rounded(scores.states[:, -1]),
        "rows": rounded(rows),
    }


def v1_layout(scored: FolderScores, options: Options, coverage: str) -> dict[str, Any]:
    """Original scenes only; v1.1 knows no others."""
    return {
        "devkit": "navsim v1.1",
        "columns": [OFFICIAL_NAMES[name] for name in V1_COLUMNS],
        "scenes": {token: rounded(result.scores.rows()) for token, result in scored.results.items()},
        "trajectory_names": list(scored.names),
        **about(scored, options, coverage),
    }
