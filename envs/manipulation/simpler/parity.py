"""How near the port comes to recordings of the original: ``gauntlet parity simpler [--task T] [--case C] [--fixtures DIR] [--assets DIR] [--dump OUT]``.

Each robot's tasks bring a function that measures one of them. Exit code 1 if a bound is not met, or a recording cannot be laid out.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator

from envs.manipulation.simpler.fixtures import Fixtures
from envs.manipulation.simpler.parity_dump import NO_DUMP, Dump
from envs.manipulation.simpler.parity_google import measure_google
from envs.manipulation.simpler.parity_measure import Measure
from envs.manipulation.simpler.parity_put_on import measure_put_on
from envs.manipulation.simpler.recorded_options import is_put_on
from harness.errors import ConfigError, did_you_mean


def measure_task(name: str, fixtures: Fixtures, assets: str | None = None, dump: Dump = NO_DUMP) -> Iterator[Measure]:
    """Every case and group of teleported states that was recorded of a task."""
    return (measure_put_on if is_put_on(name) else measure_google)(name, fixtures, assets, dump)


def chosen_tasks(wanted: list[str] | None, fixtures: Fixtures) -> list[str]:
    recorded = fixtures.tasks()
    for name in wanted or ():
        if name not in recorded:
            raise ConfigError(f"nothing was recorded of a task {name!r}", did_you_mean(name, recorded))
    return wanted or recorded


def line(measure: Measure) -> str:
    sign = "<=" if measure.at_most else ">="
    bound = "" if math.isinf(measure.bound) else f"{sign}{measure.bound:7.2f}  {'ok' if measure.ok else 'NOT MET'}"
    return f"{measure.case:50} {measure.name:46} {measure.value:9.3f} {bound}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="gauntlet parity simpler", description="Compare the SIMPLER port with recordings of the original."
    )
    parser.add_argument("--task", action="append", metavar="TASK", help="all that were recorded, unless given; may be repeated")
    parser.add_argument("--case", help="only cases whose id holds this")
    parser.add_argument("--fixtures", help="folder of recordings")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    parser.add_argument("--dump", help="write what the port does into this folder, laid out as the recordings are")
    chosen = parser.parse_args(arguments)
    fixtures, dump = Fixtures(chosen.fixtures, chosen.case), Dump(chosen.dump)
    verdicts: Counter[bool] = Counter()
    print(f"{'case':50} {'measure':46} {'value':>9} {'bound':>9}  verdict")
    for name in chosen_tasks(chosen.task, fixtures):
        for measure in measure_task(name, fixtures, chosen.assets, dump):
            verdicts[measure.ok] += 1
            print(line(measure), flush=True)
    print(f"{verdicts[True]} of {verdicts.total()} bounds met")
    return min(verdicts[False], 1)


if __name__ == "__main__":
    raise SystemExit(main())
