"""Each official output of a fixture folder, compared with ours: rows of v2 (log replay, reactive) and v1, two-stage aggregates, simulated states, PDM-Closed's plans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from envs.driving.batch.official_json import v1_layout, v2_layout
from envs.driving.batch.official_two_stage import two_stage_layout
from envs.driving.batch.score_folder import FolderScores, Options, score_folder
from envs.driving.batch.trajectory_file import TrajectoryFile, read_trajectories
from envs.driving.formats import NavsimData
from envs.driving.parity_cells import Comparison
from envs.driving.parity_reasons import Reasons
from envs.driving.state import STATE_NAMES

METRES = {"progress_m": 1e-5, "progress_pdm_m": 1e-5}
"""The manifest's tolerance for raw metres at UTM scale."""
END_STATE_BOUND = 1e-5


def _read(folder: Path, name: str) -> dict[str, Any] | None:
    path = folder / name
    return json.loads(path.read_text()) if path.is_file() else None


@lru_cache(maxsize=4)
def _data(folder: Path) -> tuple[NavsimData, TrajectoryFile]:
    return NavsimData(folder, allow_gaps=True), read_trajectories(folder / "trajectories.json")  # the devkit does not look for gaps


@lru_cache(maxsize=4)
def _scored(folder: Path, options: Options) -> FolderScores:
    data, file = _data(folder)
    tokens = [*data.tokens, *(data.synthetic_tokens if options.version == "v2" else ())]
    return score_folder(data, file, [token for token in tokens if token in file.entries], options)


def _rows(comparison: Comparison, columns: list[str], ours: dict[str, Any], official: dict[str, Any], names: list[str]) -> None:
    for scene, theirs in official.items():
        mine = ours.get(scene)
        if mine is None or len(mine) != len(theirs):
            comparison.absent += len(columns) * len(theirs)
            continue
        for slot, (row, wanted) in enumerate(zip(mine, theirs)):
            for column, value, other in zip(columns, row, wanted, strict=True):
                comparison.cell(scene, slot, column, value, other, METRES.get(column), names[slot])


def _v2(folder: Path, name: str, options: Options, title: str) -> Iterator[Comparison]:
    official = _read(folder, name)
    if official is None:
        return
    scored = _scored(folder, options)
    ours = v2_layout(scored, options, "")
    comparison = Comparison(title, explain=Reasons(*_data(folder), options, official))
    assert ours["columns"] == official["columns"], "the columns of v2 are not the official ones"
    _rows(
        comparison, official["columns"], {token: scene["rows"] for token, scene in ours["scenes"].items()},
        {token: scene["rows"] for token, scene in official["scenes"].items()}, official["trajectory_names"],
    )  # fmt: skip
    comparison.notes += [f"ERROR {token}: {error}" for token, error in scored.errors.items()]
    yield comparison

    facts = Comparison(f"{title}: facts of scenes")
    for token, theirs in official["scenes"].items():
        if token in ours["scenes"]:
            _facts(facts, token, ours["scenes"][token], theirs)
    for agent, value in official.get("mean_score_one_stage", {}).items():
        facts.cell(f"mean of {agent}", -1, "mean_score_one_stage", ours["mean_score_one_stage"].get(agent), value)
    if facts.cells:
        yield facts


def _facts(facts: Comparison, token: str, mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """What the official output says of a scene beside the scores; it may say less."""
    for key in ("type", "start_time_us", "pdm_choice", "n_objects", "n_red_t0", "collided_t0"):
        if key in theirs:
            facts.cell(token, -1, key, mine[key], theirs[key], 0.0)
    if "pdm_top_gap" in theirs:
        facts.cell(token, -1, "pdm_top_gap", mine["pdm_top_gap"], theirs["pdm_top_gap"])
    for number, (value, other) in enumerate(zip(mine["human"] or [], theirs.get("human") or [])):
        facts.cell(token, number, "human", value, other, 0.0)
    for slot, (state, other) in enumerate(zip(mine["end_state"], theirs.get("end_state", []))):
        for column, a, b in zip(STATE_NAMES, state, other):
            facts.cell(token, slot, f"end_state.{column}", a, b, END_STATE_BOUND)


def log_replay(folder: Path) -> Iterator[Comparison]:
    """EPDMS v2.2 among replayed traffic: raw, filtered, EC, final."""
    yield from _v2(folder, "official_v2_log_replay.json", Options(), "EPDMS v2.2, log replay")


def reactive(folder: Path) -> Iterator[Comparison]:
    """EPDMS v2.2 among NAVSIM's reactive traffic."""
    yield from _v2(folder, "official_v2_reactive.json", Options(traffic="reactive"), "EPDMS v2.2, reactive")


def pdms_v1(folder: Path) -> Iterator[Comparison]:
    """PDMS v1.1."""
    official = _read(folder, "official_v1_1_pdms.json")
    if official is None:
        return
    options = Options(version="v1")
    scored = _scored(folder, options)
    ours = v1_layout(scored, options, "")
    comparison = Comparison("PDMS v1.1", explain=Reasons(*_data(folder), options, official))
    assert ours["columns"] == official["columns"], "the columns of v1 are not the official ones"
    _rows(comparison, official["columns"], ours["scenes"], official["scenes"], list(scored.names))
    comparison.notes += [f"ERROR {token}: {error}" for token, error in scored.errors.items()]
    yield comparison


def two_stage(folder: Path) -> Iterator[Comparison]:
    """The two-stage aggregates of every agent."""
    official = _read(folder, "official_v2_two_stage.json")
    if official is None:
        return
    data, _ = _data(folder)
    options = Options(traffic="reactive")
    ours = two_stage_layout(_scored(folder, options), data.mapping, options, "")["agents"]
    comparison = Comparison("two stages")
    for agent, theirs in official["agents"].items():
        mine = ours.get(agent)
        if mine is None:
            comparison.absent += 1
            continue
        comparison.cell(agent, -1, "combined", mine["combined"], theirs["combined"])
        for stage in ("stage_one", "stage_two"):
            for column, value in theirs[stage].items():
                comparison.cell(f"{agent} {stage}", -1, f"{stage}.{column}", mine[stage].get(column), value)
        for token, cells in theirs["tokens"].items():
            for column, value in cells.items():
                comparison.cell(f"{agent} {token}", -1, f"token.{column}", mine["tokens"].get(token, {}).get(column), value)
    yield comparison


def simulated_states(folder: Path) -> Iterator[Comparison]:
    """Every state of every simulated trajectory, where the fixtures have them."""
    files = sorted((folder / "intermediates").glob("*_sim.npz"))
    if not files:
        return
    scored = _scored(folder, Options())
    comparison = Comparison("simulated states")
    for file in files:
        token = file.name.removesuffix("_sim.npz")
        result = scored.results.get(token)
        if result is None:
            comparison.absent += 1
            continue
        with np.load(file, allow_pickle=False) as official:
            difference = np.abs(result.scores.states - official["sim"])
        difference[..., 2] = np.minimum(difference[..., 2], 2 * np.pi - difference[..., 2])
        for slot, worst in enumerate(difference.max(axis=1)):
            for column, value in zip(STATE_NAMES, worst):
                comparison.cell(token, slot, column, float(value), 0.0)
    yield comparison


def plans_of_reference(folder: Path) -> Iterator[Comparison]:
    """PDM-Closed: corrected route, centreline, scores of its proposals, its choice and its trajectory, where the fixtures have them."""
    from envs.driving.planner.pdm_closed import plan_pdm_closed
    from envs.driving.scoring.metric_cache import scene_basis

    files = sorted((folder / "intermediates").glob("*.json"))
    if not files:
        return
    data, _ = _data(folder)
    comparison = Comparison("PDM-Closed and its route")
    for file in files:
        official = json.loads(file.read_text())
        token = official["token"]
        scene = data.scene(token)
        basis = scene_basis(scene, data.map(scene.map_name))
        plan = plan_pdm_closed(basis)
        line = np.array(official["centerline"])
        comparison.cell(
            token, -1, "route lanes differing", len(set(basis.route_lane_ids) ^ set(official["route_lane_ids_corrected"])), 0, 0.0
        )
        same = basis.centreline.shape == line.shape
        comparison.cell(token, -1, "centreline", float(np.abs(basis.centreline[:, :2] - line[:, :2]).max()) if same else None, 0.0)
        comparison.cell(token, -1, "chosen", plan.choice, official["pdm_proposals"]["chosen"], 0.0)
        for number, (mine, theirs) in enumerate(zip(plan.scores, official["pdm_proposals"]["score"], strict=True)):
            comparison.cell(token, number, "proposal score", float(mine), theirs)
        off = np.abs(plan.trajectory[:, :2] - np.array(official["pdm_trajectory_51"])[:, :2]).max()
        comparison.cell(token, -1, "trajectory", float(off), 0.0)
    yield comparison
