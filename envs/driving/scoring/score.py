"""``score(scene, trajectories)``: the sub-scores and the score of each trajectory, usable as a reward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from envs.driving.errors import FormatError
from envs.driving.map import DrivingMap
from envs.driving.scene import Floats, Scene, Trajectory
from envs.driving.scoring import epdms_v2, pdms_v1
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.human_filter import HumanFilter, filtered
from envs.driving.scoring.metric_cache import SceneCache
from envs.driving.scoring.no_at_fault_collision import no_at_fault_collision
from envs.driving.scoring.objects import Objects
from envs.driving.scoring.progress import relative_progress, relative_progress_v1
from envs.driving.scoring.raw_scores import NO_HISTORY, RawScores, StaticScores, among, static_scores
from envs.driving.scoring.scores import V1_COLUMNS, V2_COLUMNS, V2_RAW, Scores, final_score
from envs.driving.traffic.simulate_traffic import Traffic, simulated_objects
from envs.driving.vehicle import plan_batch, reference_poses, simulate

SCORERS = {"v2": "EPDMS v2.2", "v1": "PDMS v1.1"}


class Version(StrEnum):
    """Which NAVSIM score."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True)
class _Reference:
    """PDM-Closed as driven, and its scores that do not depend on traffic."""

    states: Floats
    static: StaticScores


def drive(cache: SceneCache, trajectories: Sequence[Trajectory] | Floats) -> Floats:
    """How the vehicle drives ``trajectories``: states (B, 41, 11)."""
    return simulate(cache.ego_state, reference_poses(cache.ego_state[:3], cache.start_us, plan_batch(trajectories)))


def score(
    scene: SceneCache | Scene,
    trajectories: Sequence[Trajectory] | Floats,
    *,
    version: str = "v2",
    traffic: str = "log-replay",
    human_filter: str | bool = True,
    driving_map: DrivingMap | None = None,
) -> Scores:
    """Scores of ``trajectories`` in ``scene``: a cache from :func:`build_scene_cache` (fast), or a scene with its ``driving_map``.

    ``trajectories``: plans in the ego's frame, or an array (B, n, 3) of poses at 2 Hz. ``version``: "v2" (EPDMS) or "v1" (PDMS). ``traffic``: "log-replay", "reactive" (NAVSIM's, alias "navsim-v2") or "idm" (corrected).
    ``human_filter``: True or "official", False or "off", "before-2025-09-29". Raises FormatError for options that do not go together, TrajectoryError for plans that are none.
    """
    chosen = HumanFilter.chosen(human_filter)
    kind = Traffic.named(traffic)
    if isinstance(scene, Scene):
        if driving_map is None:
            raise FormatError(f"scene {scene.token} comes without its map", "pass driving_map=, or a cache from build_scene_cache")
        scene = build_scene_cache(scene, driving_map, version)
    if scene.version != version:
        raise FormatError(f"the cache of scene {scene.token} is made for {scene.version}, not {version}", "build it for that version")
    if version == Version.V1:
        if kind is not Traffic.LOG_REPLAY:
            raise FormatError(f"PDMS v1.1 knows no {kind} traffic", "use log-replay")
        return _score_v1(scene, drive(scene, trajectories))
    return _score_v2(scene, drive(scene, trajectories), kind, chosen)


def score_driven(cache: SceneCache, states: Floats) -> Scores:
    """EPDMS of what was really driven: states (B, 41, 11), 0 to 4 s, which no tracker follows again; among the traffic of the cache, without human filter."""
    return _score_v2(cache, states, Traffic.LOG_REPLAY, HumanFilter.OFF)


def _reference(cache: SceneCache) -> _Reference:
    if "reference" not in cache.memo:
        states = simulate(cache.ego_state, cache.pdm_reference[None])
        static = static_scores(states, cache.area, cache.lights, cache.line, NO_HISTORY, cache.version)
        cache.memo["reference"] = _Reference(states, static)
    return cache.memo["reference"]


def _among_replay(cache: SceneCache, states: Floats, static: StaticScores) -> tuple[RawScores, Floats]:
    """Scores among replayed traffic, and PDM-Closed's NC (1,) there."""
    if "replay nc" not in cache.memo:
        reference = _reference(cache)
        cache.memo["replay nc"] = among(reference.states, reference.static, cache.replayed)["nc"]
    return among(states, static, cache.replayed), cache.memo["replay nc"]


def _among_reactive(cache: SceneCache, states: Floats, static: StaticScores, kind: Traffic) -> tuple[RawScores, Floats]:
    """Scores among traffic that reacts to each drive, and PDM-Closed's NC (B,) in the traffic of each."""
    reference = _reference(cache)
    parts, reference_nc = [], np.empty(len(states))
    for b in range(len(states)):
        objects = simulated_objects(cache, states[b], kind)
        parts.append(among(states[b : b + 1], static.row(b), objects))
        reference_nc[b] = _nc(reference, objects)
    return RawScores.joined(parts), reference_nc


def _nc(reference: _Reference, objects: Objects) -> float:
    ignored = np.zeros(len(objects.radius), bool)
    return no_at_fault_collision(reference.states[0], reference.static.feet[0], reference.static.flags[0], *objects, ignored)[0]


def _raw_v2(cache: SceneCache, states: Floats, kind: Traffic, history: Floats) -> tuple[RawScores, Floats]:
    static = static_scores(states, cache.area, cache.lights, cache.line, history)
    return _among_replay(cache, states, static) if kind is Traffic.LOG_REPLAY else _among_reactive(cache, states, static, kind)


def human_scores(cache: SceneCache, kind: Traffic = Traffic.LOG_REPLAY) -> dict[str, float] | None:
    """The human driver's sub-scores, alone on the road with traffic that reacts to the human; None for synthetic scenes. EP and HC are always 1: there is nobody to compare with, and no history is passed."""
    if cache.human is None or cache.is_synthetic:
        return None
    if ("human", kind) not in cache.memo:
        raw, _ = _raw_v2(cache, drive(cache, [cache.human]), kind, NO_HISTORY)
        own = {name: float(raw[name][0]) for name in ("nc", "dac", "ddc", "tlc", "ttc", "lk", "hc")}
        cache.memo["human", kind] = {name: 1.0 if name == "ep" else own[name] for name in V2_RAW}
    return cache.memo["human", kind]


def _steps(steps: NDArray[np.int64]) -> Floats:
    return np.where(steps < 0, np.nan, steps.astype(np.float64))


def _score_v2(cache: SceneCache, states: Floats, kind: Traffic, chosen: HumanFilter) -> Scores:
    raw, reference_nc = _raw_v2(cache, states, kind, cache.history)
    reference = _reference(cache).static
    reference_product = np.asarray(reference_nc) * np.ones(len(states))
    for name in ("dac", "ddc", "tlc"):
        reference_product = reference_product * reference.measures[name].value
    product = raw.product(epdms_v2.MULTIPLICATIVE)
    ep = relative_progress(raw.progress_m, product, np.full(len(states), reference.progress_m[0]), reference_product)
    values = {name: ep.value if name == "ep" else raw[name] for name in V2_RAW}
    human = None if chosen is HumanFilter.OFF else human_scores(cache, kind)
    shown = filtered(values, human)
    columns = {
        **{f"raw_{name}": values[name] for name in V2_RAW},
        **shown,
        "pdm_score": product * epdms_v2.weighted_mean(values),
        "mult_prod": shown["nc"] * shown["dac"] * shown["ddc"] * shown["tlc"],
        "ec": np.full(len(states), np.nan),
        "progress_m": raw.progress_m,
        "progress_pdm_m": np.full(len(states), reference.progress_m[0]),
        "mult_prod_pdm": reference_product,
        "collision_idx": _steps(raw.collision_step),
        "ttc_idx": _steps(raw.ttc_step),
    }
    columns["score"] = final_score(columns, chosen)
    return Scores(
        token=cache.token,
        start_us=cache.start_us,
        columns={name: columns[name] for name in V2_COLUMNS},
        valid={**{name: measure.valid for name, measure in raw.measures.items()}, "ep": ep.valid, "ec": np.zeros(len(states), bool)},
        states=states,
        scorer=SCORERS["v2"],
        traffic=kind.value,
        human_filter=chosen,
        snapshot=cache.snapshot,
        human=human,
    )


def _score_v1(cache: SceneCache, states: Floats) -> Scores:
    static = static_scores(states, cache.area, cache.lights, cache.line, NO_HISTORY, "v1")
    raw, reference_nc = _among_replay(cache, states, static)
    reference = _reference(cache).static
    product, reference_product = raw.product(pdms_v1.MULTIPLICATIVE), reference_nc * reference.measures["dac"].value
    ep = relative_progress_v1(raw.progress_m, product, np.full(len(states), reference.progress_m[0]), reference_product)
    values = {name: ep.value if name == "ep" else raw[name] for name in V1_COLUMNS[:-1]}
    values["score"] = product * pdms_v1.weighted_mean(values)
    return Scores(
        token=cache.token,
        start_us=cache.start_us,
        columns={name: values[name] for name in V1_COLUMNS},
        valid={**{name: measure.valid for name, measure in raw.measures.items()}, "ep": ep.valid},
        states=states,
        scorer=SCORERS["v1"],
        traffic=Traffic.LOG_REPLAY.value,
        human_filter=HumanFilter.OFF,
        snapshot=cache.snapshot,
    )
