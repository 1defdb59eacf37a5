"""How fast the port runs: ``gauntlet bench simpler [--task T] [--shader S] [--assets DIR]``.

Two tasks are set beside the original's figures (:data:`ORIGINAL`); the aim is half its time a step.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.ids import TASKS
from envs.manipulation.simpler.make import make_simpler

# {task: (ms a step with an image every step, ms a reset)} of the original on a quiet machine with two cores and no GPU, medians (the recordings' manifest, original_timing)
ORIGINAL: Mapping[str, tuple[float, float]] = {"PutCarrotOnPlate": (135.5, 253.0), "PickCokeCan": (175.9, 352.0)}
RESETS = 10


def sway(turn: int) -> NDArray[np.float32]:
    """A centimetre there, a centimetre back."""
    return np.array([0.01 * (-1) ** turn, 0, 0, 0, 0, 0, 0.5], np.float32)


def median_ms(action: Callable[[int], object], times: int) -> float:
    spent: list[float] = []
    for turn in range(times):
        start = time.perf_counter()
        action(turn)
        spent.append(time.perf_counter() - start)
    return 1e3 * statistics.median(spent)


def model_set(env: ManipulationEnv) -> dict[str, Any]:
    """Reset options that keep an episode's models and colours the same from reset to reset."""
    return {name: value for name, value in env.task.episode_facts().items() if name in ("urdf_version", "model", "station", "drawer")}


def measure(task: str, shader: str, assets: str | None, steps: int = 40) -> Mapping[str, float]:
    """Milliseconds."""
    start = time.perf_counter()
    env = make_simpler(task, assets, shader=shader)
    made = time.perf_counter()
    camera = next(iter(env.task.camera_sizes))
    env.reset(seed=0)[0]["image"][camera]
    first = time.perf_counter()
    same = model_set(env)
    figures = {
        "make": 1e3 * (made - start),
        "first reset and image": 1e3 * (first - made),
        "reset": median_ms(lambda turn: env.reset(seed=turn, options=same), RESETS),
        "step": median_ms(lambda turn: env.step(sway(turn)), steps),
        "step and image": median_ms(lambda turn: env.step(sway(turn))[0]["image"][camera], steps),
    }
    env.close()
    return figures


def lines(task: str, figures: Mapping[str, float]) -> list[str]:
    """The table's rows of one task."""
    original = dict(zip(("step and image", "reset"), ORIGINAL.get(task, ())))
    out = []
    for name, value in figures.items():
        beside = f"{original[name]:10.1f} {value / original[name]:8.2f}" if name in original else f"{'':10} {'':8}"
        out.append(f"{task:28} {name:22} {value:9.1f} {beside}".rstrip())
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gauntlet bench simpler", description="Time SIMPLER's tasks.")
    parser.add_argument(
        "--task", action="append", choices=sorted(TASKS), metavar="TASK", help="carrot and coke can, unless given; may be repeated"
    )
    parser.add_argument("--all", action="store_true", help="every task")
    parser.add_argument("--shader", default="default")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    chosen = parser.parse_args(arguments)
    print(
        f"{'task':28} {'measure':22} {'ms':>9} {'original':>10} {'ratio':>8}   (load average {os.getloadavg()[0]:.1f}, shader {chosen.shader})"
    )
    for task in TASKS if chosen.all else chosen.task or list(ORIGINAL):
        print("\n".join(lines(task, measure(task, chosen.shader, chosen.assets))), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
