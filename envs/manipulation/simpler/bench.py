"""How fast the port runs: ``gauntlet bench simpler [--task T] [--all] [--shader S] [--assets DIR] [--num-envs N [--workers W]]``.

Two tasks are set beside the original's figures (:data:`ORIGINAL`); the aim is half its time a step. With ``--num-envs`` above 1: the throughput of N episodes side by side (:mod:`envs.manipulation.simpler.bench_parallel`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.bench_parallel import PARALLEL_HEADS, parallel_lines, parallel_title, throughput
from envs.manipulation.simpler.ids import TASKS, WIDOWX_TASKS
from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.parallel import require_number
from envs.manipulation.simpler.settled_states import SettledStates

if TYPE_CHECKING:
    from envs.manipulation.simpler.task import SimplerTask

RESETS, STEPS = 10, 40
OPENING = {True: 1.0, False: -1.0}  # {whether it is the WidowX: the gripper action that opens}
HEADS = ("wall", "cpu", "original", "its cpu", "ratio", "of cpu")
SAME_MODELS = ("urdf_version", "model", "station", "drawer")  # reset options that decide which models a scene is made of


@dataclass(frozen=True)
class Spent:
    """Medians, ms: by the clock, and of processor time in all threads, which other work on the machine lengthens less."""

    wall: float
    cpu: float


# {task: (a step with an image every step, a reset)} of the original on a quiet machine with two cores and no GPU (the recordings' manifest, original_timing)
ORIGINAL: Mapping[str, tuple[Spent, Spent]] = {
    "PutCarrotOnPlate": (Spent(135.5, 201.0), Spent(253.0, 310.0)),
    "PickCokeCan": (Spent(175.9, 244.7), Spent(352.0, 398.0)),
}


def sway(turn: int, gripper: float = 0.5) -> NDArray[np.float32]:
    """A centimetre there, a centimetre back. Half a ``gripper`` action leaves the WidowX's rather open and closes the Google Robot's on nothing, where its fingers press on each other: PhysX's dearest state."""
    return np.array([0.01 * (-1) ** turn, 0, 0, 0, 0, 0, gripper], np.float32)


def median_ms(action: Callable[[int], object], times: int) -> Spent:
    wall: list[float] = []
    cpu: list[float] = []
    for turn in range(times):
        start, used = time.perf_counter(), time.process_time()
        action(turn)
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    return Spent(1e3 * statistics.median(wall), 1e3 * statistics.median(cpu))


def same_models(env: ManipulationEnv) -> dict[str, Any]:
    """Reset options that keep the models and colours of the episode that ``env`` is in."""
    return {name: value for name, value in env.task.episode_facts().items() if name in SAME_MODELS}


def measure(task: str, shader: str, assets: str | None) -> Mapping[str, Spent]:
    made: list[ManipulationEnv] = []
    make = median_ms(lambda _: made.append(make_simpler(task, assets, shader=shader)), 1)
    env = made[0]
    camera = next(iter(env.task.camera_sizes))
    first = median_ms(lambda _: env.reset(seed=0)[0]["image"][camera], 1)
    same = same_models(env)
    opening = OPENING[task in WIDOWX_TASKS]
    figures = {
        "make": make,
        "first reset and image": first,
        "reset, settling anew": _settling_anew(env, same),
        "reset": median_ms(lambda turn: env.reset(seed=turn, options=same), RESETS),
        "step, open hand": median_ms(lambda turn: env.step(sway(turn, opening)), STEPS),
        "step, image, open hand": median_ms(lambda turn: env.step(sway(turn, opening))[0]["image"][camera], STEPS),
        "step": median_ms(lambda turn: env.step(sway(turn)), STEPS),
        "step and image": median_ms(lambda turn: env.step(sway(turn))[0]["image"][camera], STEPS),
    }
    env.close()
    return figures


def _settling_anew(env: ManipulationEnv, options: Mapping[str, Any]) -> Spent:
    """Of resets to layouts that nobody met before. The next resets of the same seeds find them."""
    task = cast("SimplerTask", env.task)
    kept = task.settled_states
    with tempfile.TemporaryDirectory() as empty:
        task.settled_states = SettledStates(empty)
        spent = median_ms(lambda turn: env.reset(seed=turn, options=dict(options)), RESETS)
    task.settled_states = kept
    for seed in range(RESETS):
        env.reset(seed=seed, options=dict(options))
    return spent


def lines(task: str, figures: Mapping[str, Spent]) -> list[str]:
    """The table's rows of one task."""
    theirs_of = ORIGINAL.get(task)
    original = {} if theirs_of is None else {"step, image, open hand": theirs_of[0], "step and image": theirs_of[0], "reset": theirs_of[1]}
    out: list[str] = []
    for name, spent in figures.items():
        row = f"{task:28} {name:22} {spent.wall:9.1f} {spent.cpu:9.1f}"
        if name in original:
            theirs = original[name]
            row += f" {theirs.wall:9.1f} {theirs.cpu:9.1f} {spent.wall / theirs.wall:9.2f} {spent.cpu / theirs.cpu:9.2f}"
        out.append(row)
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gauntlet bench simpler", description="Time SIMPLER's tasks.")
    parser.add_argument(
        "--task", action="append", choices=sorted(TASKS), metavar="TASK", help="carrot and coke can, unless given; may be repeated"
    )
    parser.add_argument("--all", action="store_true", help="every task")
    parser.add_argument("--shader", default="default")
    parser.add_argument(
        "--num-envs", type=int, default=1, help="more than 1: steps a second of so many episodes side by side, beside one alone"
    )
    parser.add_argument("--workers", type=int, help="processes that share them (one a core, unless given; 0: none)")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    chosen = parser.parse_args(arguments)
    require_number(chosen.num_envs)
    tasks = TASKS if chosen.all else chosen.task or list(ORIGINAL)
    load = f"load average {os.getloadavg()[0]:.1f}, shader {chosen.shader}"
    if chosen.num_envs > 1:
        _show(f"{load}; {parallel_title(chosen.num_envs, chosen.workers)}", PARALLEL_HEADS)
        for task in tasks:
            rates = throughput(task, chosen.num_envs, chosen.workers, sway, assets=chosen.assets, shader=chosen.shader)
            print("\n".join(parallel_lines(task, rates)), flush=True)
        return 0
    _show(f"{load}; the original's figures are of a quiet machine. Milliseconds, medians", HEADS)
    for task in tasks:
        print("\n".join(lines(task, measure(task, chosen.shader, chosen.assets))), flush=True)
    return 0


def _show(title: str, heads: Sequence[str]) -> None:
    print(title)
    print(f"{'task':28} {'measure':22} " + " ".join(f"{head:>9}" for head in heads))


if __name__ == "__main__":
    raise SystemExit(main())
