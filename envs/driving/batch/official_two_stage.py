"""NAVSIM's two-stage score of a folder, in the layout of ``official_v2_two_stage.json``: pseudo closed loop, never called closed (navsim/planning/script/run_pdm_score.py).

Each entry of the mapping is a pair of original scenes, half a second apart, and pairs of synthetic scenes that lie where the first plan could have led. A synthetic scene counts the more, the nearer its start is to the end of the
plan: w = exp(-d^2 / 0.2), of all that are reached from one original scene normalised to 1. Score of a group = first stage x weighted second stage; of an entry = mean of its two groups; in the end the mean over entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from envs.driving.batch.official_json import about, rounded
from envs.driving.batch.score_folder import FolderScores, Options, SceneResult
from envs.driving.errors import DataError, UnknownTokenError
from envs.driving.formats.data_index import Mapping2
from envs.driving.scene import Floats
from envs.driving.scoring.extended_comfort import MAX_GAP_S, measure_extended_comfort, overlap_steps
from envs.driving.scoring.scores import OFFICIAL_NAMES, Scores
from envs.driving.scoring.two_stage import stage_weights

SHOWN = ("nc", "dac", "ddc", "tlc", "ep", "ttc", "lk", "hc", "ec", "score")


def two_stage_layout(scored: FolderScores, mapping: Sequence[Mapping2], options: Options, coverage: str) -> dict[str, Any]:
    """Raises DataError when the data has no mapping, UnknownTokenError when none of its entries is whole."""
    if not mapping:
        raise DataError("the data has no two-stage mapping", "put one into index.json under mapping")
    whole = [entry for entry in mapping if all(token in scored.results for token in _tokens(entry))]
    lost = len(mapping) - len(whole)
    if not whole:
        raise UnknownTokenError(
            f"none of the {len(mapping)} two-stage entries has scores for all its scenes", "see the errors of its scenes"
        )
    scores = {token: paired for entry in whole for token, paired in _with_comfort(scored.results, entry).items()}
    return {
        "mapping": [[now, before, [list(pair) for pair in pairs]] for now, before, pairs in whole],
        "agents": {name: _agent(scored.results, scores, whole, i) for i, name in enumerate(scored.names)},
        **about(scored, options, coverage),
        "entries_without_scores": lost,
    }


def _tokens(entry: Mapping2) -> list[str]:
    now, before, pairs = entry
    return [now, before, *(token for pair in pairs for token in pair)]


def _with_comfort(results: Mapping[str, SceneResult], entry: Mapping2) -> dict[str, Scores]:
    """Both members of a pair get the extended comfort between them."""
    now, before, pairs = entry
    paired: dict[str, Scores] = {}
    for later, earlier in ((now, before), *pairs):
        first, second = results[earlier].scores, results[later].scores
        gap_s = second.start_us * 1e-6 - first.start_us * 1e-6
        if not 0 < gap_s < MAX_GAP_S:
            raise DataError(f"the two-stage pair {later}, {earlier} is {gap_s:.3f} s apart", f"pair scenes less than {MAX_GAP_S} s apart")
        ec = measure_extended_comfort(second.states, first.states, overlap_steps(gap_s))
        paired[later], paired[earlier] = second.with_extended_comfort(ec), first.with_extended_comfort(ec)
    return paired


def _agent(results: Mapping[str, SceneResult], scores: Mapping[str, Scores], mapping: Sequence[Mapping2], i: int) -> dict[str, Any]:
    """The scores of trajectory ``i`` of every scene."""
    tokens: dict[str, dict[str, Any]] = {}
    second: dict[str, dict[str, Any]] = {}
    stage_one: list[Floats] = []
    stage_two: list[Floats] = []
    combined: list[float] = []
    for now, before, pairs in mapping:
        ones, twos, products = [], [], []
        for side, first in enumerate((now, before)):
            group = [pair[side] for pair in pairs]
            own = _row(scores[first], i)
            weights = stage_weights(results[first].plan_ends[i, :2], np.array([results[token].ego_start[:2] for token in group]))
            reached = sum((weight * _row(scores[token], i) for weight, token in zip(weights, group)), np.zeros(len(SHOWN)))
            tokens[first] = _token(1.0, scores[first], i)
            second.update({token: _token(weight, scores[token], i) for token, weight in zip(group, weights)})
            ones.append(own)
            twos.append(reached)
            products.append(own[-1] * reached[-1])
        stage_one.append(np.mean(ones, axis=0))
        stage_two.append(np.mean(twos, axis=0))
        combined.append(float(np.mean(products)))
    return {
        "combined": rounded(np.mean(combined)),
        "stage_one": _named(np.mean(stage_one, axis=0)),
        "stage_two": _named(np.mean(stage_two, axis=0)),
        "tokens": {**tokens, **second},
    }


def _row(scores: Scores, i: int) -> Floats:
    return np.array([scores[name][i] for name in SHOWN])


def _named(values: Floats) -> dict[str, Any]:
    return {OFFICIAL_NAMES[name]: rounded(value) for name, value in zip(SHOWN, values)}


def _token(weight: float, scores: Scores, i: int) -> dict[str, Any]:
    return {"weight": rounded(weight), "ec": rounded(scores["ec"][i]), "score": rounded(scores["score"][i])}
