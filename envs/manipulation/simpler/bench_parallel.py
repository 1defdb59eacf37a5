"""How many control steps a second N episodes side by side make, beside one alone: ``gauntlet bench simpler --num-envs N``."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.make import make_simpler, make_simpler_vector

TURNS, ROUNDS = 10, 5
MEASURES = ("step", "step and image")
PARALLEL_HEADS = ("1 env", "N envs", "times")


def steps_per_second(advance: Callable[[], object], episodes: int) -> float:
    start = time.perf_counter()
    for _ in range(TURNS):
        advance()
    return TURNS * episodes / (time.perf_counter() - start)


def throughput(
    task: str, num_envs: int, workers: int | None, sway: NDArray[np.float32], **options: Any
) -> Mapping[str, tuple[float, float]]:
    """{measure: control steps a second of (one environment, ``num_envs`` in all)}: medians of rounds that take turns, so that other work on the machine falls on both.

    ``sway``: (7,), the action that is made there and back; ``options``: as of :func:`make_simpler`.
    """
    one, many = make_simpler(task, **options), make_simpler_vector(task, num_envs=num_envs, workers=workers, **options)
    camera = next(iter(one.task.camera_sizes))
    back_and_forth = [sway * np.array([(-1) ** turn, 1, 1, 1, 1, 1, 1], np.float32) for turn in range(2)]
    batches = [np.tile(action, (num_envs, 1)) for action in back_and_forth]
    turn = 0

    def look(observation: Mapping[str, Any], wanted: bool) -> None:
        nonlocal turn
        turn += 1
        if wanted:
            observation["image"][camera]

    one.reset(seed=0)[0]["image"][camera]
    many.reset(seed=0)[0]["image"][camera]  # the first picture of a process compiles shaders
    spent: dict[str, tuple[list[float], list[float]]] = {measure: ([], []) for measure in MEASURES}
    for _ in range(ROUNDS):
        for measure, (alone, together) in spent.items():
            seen = measure.endswith("image")
            alone.append(steps_per_second(lambda seen=seen: look(one.step(back_and_forth[turn % 2])[0], seen), 1))
            together.append(steps_per_second(lambda seen=seen: look(many.step(batches[turn % 2])[0], seen), num_envs))
    one.close()
    many.close()
    return {measure: (statistics.median(alone), statistics.median(together)) for measure, (alone, together) in spent.items()}


def parallel_title(num_envs: int, workers: int | None) -> str:
    cores = len(os.sched_getaffinity(0))
    held = "this process" if workers == 0 else f"{min(num_envs, workers or cores)} worker processes"
    return f"{num_envs} episodes side by side, in {held}, {cores} cores. Control steps a second, medians"


def parallel_lines(task: str, rates: Mapping[str, tuple[float, float]]) -> list[str]:
    """The table's rows of one task."""
    return [f"{task:28} {measure:22} {one:9.1f} {many:9.1f} {many / one:9.2f}" for measure, (one, many) in rates.items()]
