"""How fast scoring is: ``gauntlet bench navsim [--fixtures DIR]``.

The official devkit's figures, for the scenes of the fixtures (3-9 objects), one thread, medians on a shared 2-core machine (reference/navsim.md): metric cache 0.515 s a scene; one trajectory 0.081 s with log replay and the human
filter, 0.474 s with reactive traffic (CPU seconds 0.486, 0.078, 0.466). Ours are medians of one thread too, as CPU time, against the devkit's CPU time: what else runs on the machine then matters less. Wall time stands beside it.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envs.driving.errors import DataError
from harness.errors import GauntletError

if TYPE_CHECKING:
    from envs.driving.scene import Trajectory
    from envs.driving.scoring.metric_cache import SceneCache

OFFICIAL_S: Mapping[str, float] = {"cache": 0.486, "log-replay": 0.078, "reactive": 0.466}
"""CPU seconds."""
WANTED = {"batch of 64": 100.0, "single": 30.0, "cache": 20.0}
BATCH = 64
CURVE_OBJECTS = (0, 10, 25, 50, 100, 200)
CURVE_BATCH = (1, 4, 16, 64, 256, 1024)


class Spent(NamedTuple):
    """Seconds: of the CPU, and of the clock on the wall."""

    cpu: float
    wall: float

    def each(self, count: int) -> Spent:
        return Spent(self.cpu / count, self.wall / count)


def median_s(action: Callable[[], object], times: int = 5) -> Spent:
    spent = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    return median_of(spent)


def median_of(spent: Sequence[tuple[float, float]]) -> Spent:
    return Spent(statistics.median(cpu for cpu, _ in spent), statistics.median(wall for _, wall in spent))


def memory_mib() -> float:
    """Peak resident memory of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 2**20


def _line(what: str, ours: Spent, official_s: float, wanted: float) -> bool:
    ratio = official_s / ours.cpu
    met = ratio >= wanted
    print(
        f"{what:54} {1e3 * ours.wall:9.3f} {1e3 * ours.cpu:9.3f} {1e3 * official_s:10.1f} {ratio:9.0f}x {wanted:6.0f}x  {'ok' if met else 'NOT MET'}"
    )
    return met


def ratios(folder: Path, scenes: int) -> bool:
    """The table against the official figures: medians over scenes. False when a wanted ratio is missed."""
    from envs.driving.batch.trajectory_file import read_trajectories
    from envs.driving.formats import NavsimData
    from envs.driving.kernel import kernel_folder
    from envs.driving.scoring.build_cache import build_scene_cache
    from envs.driving.scoring.score import score

    data, file = NavsimData(folder), read_trajectories(folder / "trajectories.json")
    tokens = [token for token in data.tokens if token in file.entries][:scenes]
    if not tokens:
        raise DataError(f"{folder} has no scenes with trajectories", "name a folder like the fixtures")
    kept, started = Path(kernel_folder()).is_dir(), time.perf_counter()
    first = data.scene(tokens[0])
    score(build_scene_cache(first, data.map(first.map_name)), file.of(tokens[0])[1][:1], traffic="reactive")
    print(
        f"first scores in this process, kernels {'from disk' if kept else 'compiled, once for all'}: {time.perf_counter() - started:.2f} s"
    )
    build, spent = [], {(kind, size): [] for kind in ("log-replay", "reactive") for size in (1, BATCH)}
    for token in tokens:
        scene = data.scene(token)
        driving_map = data.map(scene.map_name)
        build.append(median_s(partial(build_scene_cache, scene, driving_map)))
        trajectories = file.of(token)[1]
        many = (trajectories * (BATCH // len(trajectories) + 1))[:BATCH]
        cache = build_scene_cache(scene, driving_map)
        for (kind, size), times in spent.items():
            times.append(median_s(partial(_score_anew, cache, many[:size], kind)).each(size))
    print(f"\n{len(tokens)} scenes, medians, ms{'':29} {'ours wall':>10} {'ours CPU':>9} {'devkit CPU':>10} {'ratio':>10} {'wanted':>7}")
    met = _line("what a scene needs (metric cache)", median_of(build), OFFICIAL_S["cache"], WANTED["cache"])
    for (kind, size), times in spent.items():
        name = "single" if size == 1 else f"batch of {BATCH}"
        met &= _line(f"one trajectory, {kind}, human filter, {name}", median_of(times), OFFICIAL_S[kind], WANTED[name])
    print("(single and batch: the human's and PDM-Closed's scores are computed in every call; they are kept between calls otherwise)")
    return met


def _score_anew(cache: SceneCache, plans: list[Trajectory], traffic: str) -> None:
    """The human's and PDM-Closed's scores are made anew, as the devkit does."""
    from envs.driving.scoring.score import score

    cache.memo.clear()
    score(cache, plans, traffic=traffic)


def curves() -> None:
    """Cost by objects and by trajectories, in a made scene."""
    from envs.driving.scoring.build_cache import build_scene_cache
    from envs.driving.scoring.score import score
    from envs.driving.scoring.workload import made_plans, made_scene

    print(f"\nby objects (batch of {BATCH}; half of them vehicles that react), CPU ms")
    print(f"{'objects':>8} {'cache':>10} {'replay/traj':>12} {'reactive/traj':>14} {'peak MiB':>9}")
    for count in CURVE_OBJECTS:
        scene, driving_map = made_scene(count)
        cache = build_scene_cache(scene, driving_map)
        plans = made_plans(BATCH)
        built = median_s(partial(build_scene_cache, scene, driving_map), 3).cpu
        replay = median_s(partial(score, cache, plans), 3).cpu / BATCH
        react = median_s(partial(score, cache, plans, traffic="reactive"), 3).cpu / BATCH
        print(f"{count:8} {1e3 * built:10.2f} {1e3 * replay:12.4f} {1e3 * react:14.4f} {memory_mib():9.0f}")

    print("\nby trajectories (50 objects), CPU ms")
    print(f"{'batch':>8} {'replay':>10} {'a trajectory':>13} {'reactive':>10} {'a trajectory':>13} {'peak MiB':>9}")
    scene, driving_map = made_scene(50)
    cache = build_scene_cache(scene, driving_map)
    for size in CURVE_BATCH:
        plans = made_plans(size)
        replay = median_s(partial(score, cache, plans), 3).cpu
        react = median_s(partial(score, cache, plans, traffic="reactive"), 3 if size <= BATCH else 1).cpu
        print(
            f"{size:8} {1e3 * replay:10.2f} {1e3 * replay / size:13.4f} {1e3 * react:10.2f} {1e3 * react / size:13.4f} {memory_mib():9.0f}"
        )


def main(arguments: list[str] | None = None) -> int:
    """1 when a wanted ratio is missed, else 0."""
    parser = argparse.ArgumentParser(
        prog="gauntlet bench navsim", description="Time NAVSIM's scores against the official devkit's figures."
    )
    parser.add_argument(
        "--fixtures",
        default=os.environ.get("GAUNTLET_NAVSIM_FIXTURES"),
        help="folder of data with trajectories.json; without it only the curves are shown",
    )
    parser.add_argument("--scenes", type=int, default=20, help="how many scenes of it")
    parser.add_argument("--no-curves", action="store_true", help="leave out the curves over objects and trajectories")
    chosen = parser.parse_args(arguments)
    met = True
    try:
        if chosen.fixtures:
            met = ratios(Path(chosen.fixtures), chosen.scenes)
        if not chosen.no_curves:
            curves()
    except GauntletError as error:
        print(error)
        return 2
    print(f"\npeak memory {memory_mib():.0f} MiB")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
