"""A folder of 200 generated driving scenes, without images, with as many processes as there are cores: wall time, and processor seconds, which other people's work on the machine distorts less."""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path
from time import perf_counter

from tests.benchmarks.measurement import Measurement

SCENES = 200
LONGEST_S = 120.0


def measure(repetitions: int) -> list[Measurement]:
    """One run counts, whatever ``repetitions`` says: it is long enough."""
    from scenarios.driving.folder import Order, write_folder

    before, spent, began = os.getloadavg()[0], _processor_seconds(), perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder) / "scenes", Order("all", "train", 1, SCENES), workers=len(os.sched_getaffinity(0)))
    seconds, processor = perf_counter() - began, _processor_seconds() - spent
    load = (before, os.getloadavg()[0])
    return [
        Measurement("scene folder", f"{SCENES} scenes, logs to second stages", "s", (seconds,), load, LONGEST_S, "lower"),
        Measurement("scene folder", "the same in processor seconds", "s", (processor,), load),
    ]


def _processor_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
