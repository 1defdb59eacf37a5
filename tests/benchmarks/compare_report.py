"""Comparing and reporting two runs of together 2,000 made-up episodes: seconds, and the most memory the process held."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measurement import Measurement, repeat
from tests.synthetic_runs import write_run

EPISODES = 2000
SCRIPT = """
import json, resource, sys
from pathlib import Path
from time import perf_counter, process_time
began = perf_counter()
from harness.compare import compare
from harness.report import make_report
a, b, out = map(Path, sys.argv[1:])
compare([a, b], by=("task", "axis"))
compared = perf_counter()
make_report([a, b], out)
print(json.dumps({"compare": compared - began, "report": perf_counter() - compared, "cpu": process_time(), "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
"""


def measure(repetitions: int) -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        runs = [
            write_run(root / name, EPISODES // 2, agent=name, chance=chance, errors=0.01) for name, chance in (("good", 0.85), ("bad", 0.6))
        ]

        def once() -> dict[str, float]:
            command = [sys.executable, "-c", SCRIPT, *map(str, runs), str(root / "report")]
            found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            return {**found, "both": found["compare"] + found["report"]}

        found, load = repeat(repetitions, once)
    note = f"two runs of {EPISODES // 2} scenarios with every file of an episode but videos; imports included"
    return [
        Measurement("compare_report", "compare", "s", tuple(found["compare"]), load, note=note),
        Measurement("compare_report", "report (compares again)", "s", tuple(found["report"]), load, note=note),
        Measurement("compare_report", "compare + report", "s", tuple(found["both"]), load, 10.0, "lower", note),
        Measurement(
            "compare_report",
            "CPU time of both",
            "s",
            tuple(found["cpu"]),
            load,
            note="where the load is more than a core, wall time says more of the neighbours",
        ),
        Measurement("compare_report", "memory", "GiB", tuple(found["memory"]), load, 1.0, "lower", note),
    ]
