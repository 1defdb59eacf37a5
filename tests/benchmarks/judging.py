"""The commands that judge runs, each as a person calls it, on runs of 2,000 made-up episodes."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.benchmarks.measurement import Measurement, repeat
from tests.synthetic_runs import write_run

EPISODES = 2000
GAUNTLET = str(Path(sys.executable).with_name("gauntlet"))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(repetitions: int) -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, chance in (("good", 0.85), ("bad", 0.6)):
            write_run(root / "results" / name, EPISODES, agent=name, chance=chance, errors=0.01)
        commands = {
            "compare": ["compare", "results/good", "results/bad", "--by", "task,axis,severity", "--json", "c.json", "--html", "c.html"],
            "gate": ["gate", "results/bad", "--baseline", "results/good", "--junit", "g.xml"],
            "gate --sequential": ["gate", "results/bad", "--baseline", "results/good", "--sequential"],
            "baseline accept": ["baseline", "accept", "results/good", "--as", "good", "--replace"],
            "history": ["history", "--suite", "synthetic/grid", "--html", "h.html"],
            "diagnose": ["diagnose", "results/bad", "--out", "found"],
        }

        def once() -> dict[str, float]:
            found = {}
            for name, arguments in commands.items():
                began, worked = perf_counter(), _children()
                done = subprocess.run([GAUNTLET, *arguments], cwd=root, capture_output=True, text=True)
                if done.returncode not in (0, 1):
                    raise RuntimeError(done.stderr)
                found[name] = perf_counter() - began
                found[f"{name}, CPU"] = _children() - worked
            return found

        found, load = repeat(repetitions, once)
    note = f"{EPISODES} scenarios a run; the whole command, imports included"
    targets = {"compare": 10.0}
    return [Measurement("judging", name, "s", tuple(values), load, targets.get(name), "lower", note) for name, values in found.items()]
