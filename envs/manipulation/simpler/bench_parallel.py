"""How many control steps a second N episodes side by side make, beside one alone: ``gauntlet bench simpler --num-envs N``."""

from __future__ import annotations

import multiprocessing as mp
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.make import make_simpler, make_simpler_vector

TURNS, ROUNDS = 10, 5
MEASURES = ("step", "step and image")
PARALLEL_HEADS = ("1 env", "N envs", "times", "cpu of 1", "of N")


@dataclass(frozen=True)
class Rate:
    """Control steps a second by the clock, and ms of processor time a step in all processes, which other work on the machine lengthens less."""

    steps: float
    cpu: float


def processor_seconds() -> float:
    """Of this process and its children."""
    ticks = 0
    for pid in (os.getpid(), *(child.pid for child in mp.active_children())):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # in user and in kernel mode
    return ticks / os.sysconf("SC_CLK_TCK")


def rate_of(advance: Callable[[int], object], episodes: int) -> Rate:
    start, used = time.perf_counter(), processor_seconds()
    for turn in range(TURNS):
        advance(turn)
    steps = TURNS * episodes
    return Rate(steps / (time.perf_counter() - start), 1e3 * (processor_seconds() - used) / steps)


def throughput(
    task: str, num_envs: int, workers: int | None, sway: Callable[[int], NDArray[np.float32]], **options: Any
) -> Mapping[str, tuple[Rate, Rate]]:
    """{measure: (of one environment, of ``num_envs``)}: medians of rounds that take turns, so that other work on the machine falls on both.

    ``sway``: the action (7,) of a turn; ``options``: as of :func:`make_simpler`.
    """
    one, many = make_simpler(task, **options), make_simpler_vector(task, num_envs=num_envs, workers=workers, **options)
    camera = next(iter(one.task.camera_sizes))
    one.reset(seed=0)[0]["image"][camera]
    many.reset(seed=0)[0]["image"][camera]  # the first picture of a process compiles shaders

    def single(turn: int) -> Mapping[str, Any]:
        return one.step(sway(turn))[0]["image"]

    def batch(turn: int) -> Mapping[str, Any]:
        return many.step(np.tile(sway(turn), (num_envs, 1)))[0]["image"]

    spent: dict[str, tuple[list[Rate], list[Rate]]] = {measure: ([], []) for measure in MEASURES}
    for _ in range(ROUNDS):
        for measure, (alone, together) in spent.items():
            for advance, episodes, rates in ((single, 1, alone), (batch, num_envs, together)):
                looked = (lambda turn, advance=advance: advance(turn)[camera]) if measure == MEASURES[1] else advance
                rates.append(rate_of(looked, episodes))
    one.close()
    many.close()
    return {measure: (_median(alone), _median(together)) for measure, (alone, together) in spent.items()}


def _median(rates: Sequence[Rate]) -> Rate:
    return Rate(statistics.median(rate.steps for rate in rates), statistics.median(rate.cpu for rate in rates))


def parallel_title(num_envs: int, workers: int | None) -> str:
    cores = len(os.sched_getaffinity(0))
    held = "this process" if workers == 0 else f"{min(num_envs, workers or cores)} worker processes"
    return f"{num_envs} episodes side by side, in {held}, {cores} cores. Control steps a second; ms of processor time a step; medians"


def parallel_lines(task: str, rates: Mapping[str, tuple[Rate, Rate]]) -> list[str]:
    """The table's rows of one task."""
    return [
        f"{task:28} {measure:22} {one.steps:9.1f} {many.steps:9.1f} {many.steps / one.steps:9.2f} {one.cpu:9.1f} {many.cpu:9.1f}"
        for measure, (one, many) in rates.items()
    ]
