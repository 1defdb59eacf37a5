"""How fast the port runs: ``gauntlet bench simpler [--task T] [--shader S] [--assets DIR]``.

The original, on a quiet machine with two cores and no GPU: carrot 135.5 ms a step with an image every step, reset 253 ms.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.tasks.put_on_specs import SPECS
from envs.manipulation.simpler.widowx import CAMERA


def sway(turn: int) -> NDArray[np.float32]:
    """A centimetre there, a centimetre back."""
    return np.array([0.01 * (-1) ** turn, 0, 0, 0, 0, 0, 1], np.float32)


def median_ms(action: Callable[[int], object], times: int) -> float:
    spent: list[float] = []
    for turn in range(times):
        start = time.perf_counter()
        action(turn)
        spent.append(time.perf_counter() - start)
    return 1e3 * statistics.median(spent)


def measure(task: str, shader: str, assets: str | None, steps: int = 40) -> Mapping[str, float]:
    """Milliseconds."""
    start = time.perf_counter()
    env = make_simpler(task, assets, shader=shader)
    made = time.perf_counter()
    env.reset(seed=0)[0]["image"][CAMERA]
    first = time.perf_counter()

    figures = {
        "make": 1e3 * (made - start),
        "first reset and image": 1e3 * (first - made),
        "reset": median_ms(lambda turn: env.reset(seed=turn), 10),
        "step": median_ms(lambda turn: env.step(sway(turn)), steps),
        "step and image": median_ms(lambda turn: env.step(sway(turn))[0]["image"][CAMERA], steps),
    }
    env.close()
    return figures


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gauntlet bench simpler", description="Time SIMPLER's WidowX tasks.")
    parser.add_argument("--task", action="append", choices=sorted(SPECS), help="the carrot, unless given")
    parser.add_argument("--shader", default="default")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    chosen = parser.parse_args(arguments)
    for task in chosen.task or ["PutCarrotOnPlate"]:
        figures = measure(task, chosen.shader, chosen.assets)
        print(f"{task} ({chosen.shader}): " + ", ".join(f"{name} {value:.1f} ms" for name, value in figures.items()), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
