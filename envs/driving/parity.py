"""How near our scores come to the official devkit's: ``gauntlet parity navsim --fixtures DIR``.

DIR is a folder of data (logs, maps, two-stage scenes, ``index.json``, ``trajectories.json``) with the official outputs beside them. Everything is read and computed from the data; the outputs are only compared with.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from envs.driving.errors import DataError
from envs.driving.parity_cells import Comparison
from harness.errors import GauntletError

ENVIRONMENT = "GAUNTLET_NAVSIM_FIXTURES"


def measure(folder: Path) -> Iterator[Comparison]:
    """One comparison an official output. Raises DataError when the folder holds none."""
    from envs.driving import parity_outputs

    parts: list[Callable[[Path], Iterator[Comparison]]] = [
        parity_outputs.log_replay,
        parity_outputs.reactive,
        parity_outputs.pdms_v1,
        parity_outputs.two_stage,
        parity_outputs.simulated_states,
        parity_outputs.plans_of_reference,
    ]
    found = False
    for part in parts:
        for comparison in part(folder):
            found = True
            yield comparison
    if not found:
        raise DataError(f"{folder} has no official outputs", "name the folder that holds official_v2_log_replay.json")


def print_table(comparison: Comparison) -> None:
    """The table of one comparison, and each cell that is not equal, with the reason."""
    print(f"\n{comparison.name}: {comparison.cells:,} cells, {len(comparison.unequal)} not equal, {comparison.absent} absent")
    print(f"  {'column':32} {'cells':>8} {'unequal':>8} {'worst':>10} {'bound':>8}")
    for column in comparison.columns.values():
        print(f"  {column.name:32} {column.cells:8,} {column.unequal:8} {column.worst:10.2g} {column.bound:8.0e}")
    for cell in comparison.unequal:
        print(f"  NOT EQUAL {cell.where} {cell.column}: ours {cell.ours}, official {cell.official}: {cell.reason}")
    for line in comparison.notes:
        print(f"  {line}")


def main(arguments: list[str] | None = None) -> int:
    """1 when a bound is missed or a cell is absent, else 0."""
    parser = argparse.ArgumentParser(
        prog="gauntlet parity navsim", description="Compare our NAVSIM scores with the official devkit's outputs."
    )
    parser.add_argument("--fixtures", default=os.environ.get(ENVIRONMENT), help=f"folder of data and official outputs (${ENVIRONMENT})")
    chosen = parser.parse_args(arguments)
    if not chosen.fixtures:
        parser.error(f"name the folder with --fixtures DIR or ${ENVIRONMENT}")
    failed, summary = 0, []
    try:
        for comparison in measure(Path(chosen.fixtures)):
            print_table(comparison)
            failed += not comparison.ok
            worst = max((column.worst for column in comparison.columns.values()), default=0.0)
            summary.append(
                f"{comparison.name:40} {comparison.cells:8,} {len(comparison.unequal):8} {comparison.absent:8} {worst:10.2g}  {'ok' if comparison.ok else 'NOT MET'}"
            )
    except GauntletError as error:
        print(error)
        return 2
    print(f"\n{'output':40} {'cells':>8} {'unequal':>8} {'absent':>8} {'worst':>10}")
    print("\n".join(summary))
    return min(failed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
