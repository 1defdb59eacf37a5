"""The loop over scenes: cache, score, set aside what fails; then extended comfort between neighbouring scenes."""

from __future__ import annotations

import hashlib
import multiprocessing
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from envs.driving.batch.cache_folder import PlanFacts, load_cache, make_cache
from envs.driving.batch.trajectory_file import TrajectoryFile
from envs.driving.errors import TrajectoryError
from envs.driving.formats import NavsimData
from envs.driving.scene import Floats
from envs.driving.scoring.extended_comfort import MAX_GAP_S
from envs.driving.scoring.score import score
from envs.driving.scoring.scores import Scores
from harness.errors import GauntletError


@dataclass(frozen=True)
class SceneResult:
    """One scene's scores with the facts that the official outputs are compared by. ``plan_ends`` (B, 3): the last pose of each trajectory, global."""

    token: str
    log_name: str
    is_synthetic: bool
    start_us: int
    ego_start: Floats
    names: tuple[str, ...]
    scores: Scores
    facts: PlanFacts
    n_objects: int
    n_red_at_start: int
    plan_ends: Floats


@dataclass
class FolderScores:
    """``results`` by token in the order asked for; ``errors``: what was wrong with the scenes that have none; ``pairs``: {original scene: the one before it in its log}."""

    results: dict[str, SceneResult] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return next(iter(self.results.values())).names if self.results else ()

    @property
    def snapshot(self) -> str:
        """A hash of the data behind all the scores."""
        digest = hashlib.sha256()
        for token in sorted(self.results):
            digest.update(f"{token} {self.results[token].scores.snapshot}\n".encode())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Options:
    """How to score. ``cache``: a folder of caches made before, None: made on the way."""

    version: str = "v2"
    traffic: str = "log-replay"
    human_filter: str = "official"
    cache: Path | None = None


def score_scene(data: NavsimData, file: TrajectoryFile, token: str, options: Options) -> SceneResult:
    """Raises whatever is wrong with the scene, its map or its trajectories."""
    names, trajectories = file.of(token)
    if options.cache is None:
        cache, facts = make_cache(data, token, options.version)
    else:
        cache, facts = load_cache(options.cache, token, options.version)
    scores = score(cache, trajectories, version=options.version, traffic=options.traffic, human_filter=options.human_filter)
    x, y, heading = cache.ego_state[:3]
    ends = np.stack([trajectory.poses[-1] for trajectory in trajectories])
    cos, sin = np.cos(heading), np.sin(heading)
    return SceneResult(
        token=token,
        log_name=cache.log_name,
        is_synthetic=cache.is_synthetic,
        start_us=cache.start_us,
        ego_start=cache.ego_state[:3],
        names=names,
        scores=scores,
        facts=facts,
        n_objects=len(cache.tracks.tokens),
        n_red_at_start=int(cache.lights.red[0].sum()) if cache.lights.red.size else 0,
        plan_ends=np.column_stack([x + cos * ends[:, 0] - sin * ends[:, 1], y + sin * ends[:, 0] + cos * ends[:, 1], heading + ends[:, 2]]),
    )


def score_folder(data: NavsimData, file: TrajectoryFile, tokens: Sequence[str], options: Options, workers: int = 1) -> FolderScores:
    """Scores of ``tokens``. A scene that fails is recorded among ``errors``; the rest go on."""
    scored = FolderScores()
    found = dict(_outcomes(data, file, tokens, options, workers))
    for token in tokens:
        outcome = found[token]
        if isinstance(outcome, str):
            scored.errors[token] = outcome
        elif scored.results and outcome.names != scored.names:
            error = TrajectoryError(f"scene {token} has the trajectories {', '.join(outcome.names)}, others have {', '.join(scored.names)}", "give every scene the same")  # fmt: skip
            scored.errors[token] = str(error)
        else:
            scored.results[token] = outcome
    if options.version == "v2":
        _pair(scored)
    return scored


def _pair(scored: FolderScores) -> None:
    """Extended comfort of each original scene with the one before it, where that is less than 0.55 s earlier (navsim's infer_start_adjacent_mapping)."""
    logs: dict[str, list[SceneResult]] = {}
    for result in scored.results.values():
        if not result.is_synthetic:
            logs.setdefault(result.log_name, []).append(result)
    for scenes in logs.values():
        scenes.sort(key=lambda result: result.start_us)
        for before, now in pairwise(scenes):
            if 0 < now.start_us * 1e-6 - before.start_us * 1e-6 < MAX_GAP_S:
                scored.pairs[now.token] = before.token
    unpaired = dict(scored.results)
    for now, before in scored.pairs.items():
        scored.results[now] = replace(unpaired[now], scores=unpaired[now].scores.after(unpaired[before].scores))
    scored.pairs = {token: scored.pairs[token] for token in scored.results if token in scored.pairs}


Outcome = SceneResult | str
Made = TypeVar("Made")


def attempt(action: Callable[[], Made]) -> Made | str:
    """What ``action`` returns, or what was wrong: one bad scene costs one scene, not the night. A defect of ours is one too, but its traceback is printed."""
    try:
        return action()
    except GauntletError as error:
        return str(error)
    except Exception as error:
        traceback.print_exc()
        return f"unexpected {type(error).__name__}: {error}"


def _outcome(data: NavsimData, file: TrajectoryFile, token: str, options: Options) -> Outcome:
    return attempt(lambda: score_scene(data, file, token, options))


def _outcomes(
    data: NavsimData, file: TrajectoryFile, tokens: Sequence[str], options: Options, workers: int
) -> Iterator[tuple[str, Outcome]]:
    if workers <= 1:
        for token in tokens:
            yield token, _outcome(data, file, token, options)
        return
    jobs = _jobs(data, tokens)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(data.settings, file, options)) as pool:
        for outcomes in pool.map(_work, jobs):
            yield from outcomes


def _jobs(data: NavsimData, tokens: Sequence[str], size: int = 64) -> list[list[str]]:
    """Scenes of one log stay together: reading a log is what costs."""
    by_log: dict[Any, list[str]] = {}
    for token in tokens:
        place = data.places.get(token)
        by_log.setdefault(place.log if place else None, []).append(token)
    return [group[i : i + size] for group in by_log.values() for i in range(0, len(group), size)]


_WORKER: dict[str, Any] = {}


def _start(settings: Mapping[str, Any], file: TrajectoryFile, options: Options) -> None:
    _WORKER.update(data=NavsimData(**settings), file=file, options=options)


def _work(tokens: list[str]) -> list[tuple[str, Outcome]]:
    return [(token, _outcome(_WORKER["data"], _WORKER["file"], token, _WORKER["options"])) for token in tokens]
