"""How long ``gauntlet --help`` takes: whoever tries the tool out meets this first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter

from tests.benchmarks.measurement import Measurement, repeat


def measure(repetitions: int) -> list[Measurement]:
    command = [str(Path(sys.executable).parent / "gauntlet"), "--help"]

    def once() -> dict[str, float]:
        began = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return {"help": perf_counter() - began}

    found, load = repeat(2 * repetitions, once)
    return [Measurement("help", "gauntlet --help", "s", tuple(found["help"]), load, 0.5, "lower")]
