"""How near the port comes to recordings of the original: ``gauntlet parity simpler [--task T] [--fixtures DIR] [--assets DIR] [--dump OUT]``.

Each family of tasks brings a function that measures one of its tasks; ``PARITY`` names it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping

from envs.manipulation.simpler.fixtures import Fixtures
from envs.manipulation.simpler.parity_dump import NO_DUMP, Dump
from envs.manipulation.simpler.parity_measure import Measure
from envs.manipulation.simpler.parity_put_on import measure_put_on
from envs.manipulation.simpler.tasks.put_on_specs import SPECS

MeasureTask = Callable[[str, Fixtures, str | None, Dump], Iterator[Measure]]  # task, recordings, assets folder, where to dump
PARITY: Mapping[str, MeasureTask] = {**dict.fromkeys(SPECS, measure_put_on)}


def measure_task(name: str, fixtures: Fixtures, assets: str | None = None, dump: Dump = NO_DUMP) -> Iterator[Measure]:
    return PARITY[name](name, fixtures, assets, dump)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="gauntlet parity simpler", description="Compare the SIMPLER port with recordings of the original."
    )
    parser.add_argument("--task", action="append", choices=sorted(PARITY), help="all, unless given")
    parser.add_argument("--fixtures", help="folder of recordings")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    parser.add_argument("--dump", help="write what the port does into this folder, laid out as the recordings are")
    chosen = parser.parse_args(arguments)
    fixtures, dump = Fixtures(chosen.fixtures), Dump(chosen.dump)
    failed = 0
    print(f"{'case':24} {'measure':40} {'value':>9} {'bound':>9}")
    for name in chosen.task or PARITY:
        for measure in measure_task(name, fixtures, chosen.assets, dump):
            failed += not measure.ok
            sign = "<=" if measure.at_most else ">="
            print(
                f"{measure.case:24} {measure.name:40} {measure.value:9.3f} {sign}{measure.bound:7.2f}  {'ok' if measure.ok else 'NOT MET'}",
                flush=True,
            )
    return min(failed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
