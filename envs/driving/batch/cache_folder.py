"""Scene caches on disk: what ``gauntlet navsim cache`` writes and ``gauntlet navsim score --cache`` reads. One .npz a scene, and a .json beside it with the facts of the plan of reference."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from envs.driving.errors import CacheVersionError, DataError
from envs.driving.formats import NavsimData
from envs.driving.planner.pdm_closed import PdmPlan, plan_pdm_closed
from envs.driving.scoring.metric_cache import CACHE_VERSION, SceneCache, scene_basis, with_plan


@dataclass(frozen=True)
class PlanFacts:
    """Of PDM-Closed's plan: the proposal chosen, how far it is ahead of the next best, and how many things overlapped the ego at the start."""

    choice: int
    top_gap: float
    overlapping: int

    @classmethod
    def of(cls, plan: PdmPlan) -> PlanFacts:
        best, second = np.sort(plan.scores)[::-1][:2]
        return cls(plan.choice, float(best - second), plan.overlapping)


def make_cache(data: NavsimData, token: str, version: str) -> tuple[SceneCache, PlanFacts]:
    """Raises whatever is wrong with the scene or its map."""
    scene = data.scene(token)
    basis = scene_basis(scene, data.map(scene.map_name), version)
    plan = plan_pdm_closed(basis)
    return with_plan(basis, plan.trajectory), PlanFacts.of(plan)


def save_cache(folder: Path, cache: SceneCache, facts: PlanFacts) -> Path:
    """Write the cache and its facts; the path of the cache. No half file is ever found under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / f"{cache.token}.{cache.version}.json"
    about.write_text(json.dumps({"cache_version": CACHE_VERSION, **asdict(facts)}))
    path = cache_path(folder, cache.token, cache.version)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    cache.save(temporary)
    os.replace(temporary, path)
    return path


def cache_path(folder: Path, token: str, version: str) -> Path:
    return folder / f"{token}.{version}.npz"


def load_cache(folder: Path, token: str, version: str) -> tuple[SceneCache, PlanFacts]:
    """Raises DataError for a cache that is not there, CacheVersionError for one of another version, FormatError for what is none."""
    path = cache_path(folder, token, version)
    if not path.is_file():
        raise DataError(f"{folder} has no cache of scene {token} for {version}", "make it with gauntlet navsim cache")
    try:
        about = json.loads((folder / f"{token}.{version}.json").read_text())
        made_by = about.pop("cache_version")
        facts = PlanFacts(**about)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{folder}: the facts of scene {token} cannot be read ({type(error).__name__})", "make the cache again") from None
    if made_by != CACHE_VERSION:
        raise CacheVersionError(
            f"{path} is a scene cache of version {made_by}, not {CACHE_VERSION}", "make it again with gauntlet navsim cache"
        )
    return SceneCache.load(path), facts
