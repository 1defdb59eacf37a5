"""The first environment of a process: with an empty Mesa shader cache, and with the one that the process before left on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.benchmarks.measurement import Measurement, repeat

CODE = """
import json
from time import perf_counter
began = perf_counter()
from harness.env_maker import make_env
from harness.scenario import Scenario
env = make_env(Scenario(env="tabletop/PutOn-v0", max_steps=1))
observation, _ = env.reset(seed=0)
made = perf_counter()
observation["image"]["third_person"]
print(json.dumps({"made": made - began, "frame": perf_counter() - made}))
"""


def measure(repetitions: int) -> list[Measurement]:
    def once() -> dict[str, float]:
        with TemporaryDirectory(prefix="gauntlet-bench-") as cache:
            cold, warm = start(cache), start(cache)
        return {"cold": cold["whole"], "warm": warm["whole"], "cold frame": cold["frame"], "warm frame": warm["frame"]}

    found, load = repeat(max(2, repetitions // 2), once)
    return [
        Measurement("first start", "process to first frame, empty shader cache", "s", tuple(found["cold"]), load),
        Measurement("first start", "process to first frame, second start", "s", tuple(found["warm"]), load),
        Measurement("first start", "of that the first frame, empty shader cache", "s", tuple(found["cold frame"]), load),
        Measurement("first start", "of that the first frame, second start", "s", tuple(found["warm frame"]), load),
    ]


def start(cache: str) -> dict[str, float]:
    """Seconds of a fresh process until its first frame is there."""
    began = perf_counter()
    done = subprocess.run([sys.executable, "-c", CODE], env={**os.environ, "MESA_SHADER_CACHE_DIR": cache}, capture_output=True, text=True)
    whole = perf_counter() - began
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return {**json.loads(done.stdout.splitlines()[-1]), "whole": whole}
