"""``python -m tests.benchmarks [NAME ...] [--repetitions N] [--json FILE]``: measure, print a table, write JSON."""

from __future__ import annotations

import argparse
import json
import os
from importlib import import_module
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from harness.provenance import provenance
from tests.benchmarks.measurement import Measurement

BENCHMARKS = (
    "overhead",
    "recording_share",
    "on_demand",
    "scaling",
    "first_start",
    "help_time",
    "compare_report",
    "judging",
    "vla_latency",
    "street_camera",
    "scene_folder",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(BENCHMARKS)}; all if none is named")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("results/benchmarks.json"), help="where the figures go")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}: there are {', '.join(BENCHMARKS)}")
    found: list[Measurement] = []
    for name in arguments.names or BENCHMARKS:
        found += import_module(f"tests.benchmarks.{name}").measure(arguments.repetitions)
        print(f"{name}: done, load {os.getloadavg()[0]:.1f}", flush=True)
    Console(width=180).print(table(found))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({"machine": provenance(""), "figures": [m.to_json() for m in found]}, indent=1) + "\n")
    print(f"written to {arguments.json}")


def table(found: list[Measurement]) -> Table:
    shown = Table(*("benchmark", "quantity", "median", "range", "unit", "target", "met", "load"), box=SIMPLE)
    for m in found:
        target = "" if m.target is None else f"{'>=' if m.better == 'higher' else '<='} {m.target:g}"
        met = {None: "", True: "yes", False: "NO"}[m.met]
        spread = f"{_short(min(m.values))} .. {_short(max(m.values))}"
        shown.add_row(m.benchmark, m.quantity, _short(m.median), spread, m.unit, target, met, f"{m.load[0]:.1f} .. {m.load[1]:.1f}")
    return shown


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
