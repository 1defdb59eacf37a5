"""``gauntlet scenes``: make driving scenes, and say what there is to make."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import ConfigError

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Driving scenes from a seed, in NAVSIM's formats.")


def _suite_of(word: str) -> str:
    """`suite=NAME` or `NAME`."""
    key, _, value = word.rpartition("=")
    if key not in ("", "suite"):
        raise ConfigError(f"unknown word {word!r}", "say suite=NAME; gauntlet scenes list names them")
    return value


@app.command()
def make(
    suite: Annotated[str, typer.Argument(help="suite=all | seen | held_out | a road form | a situation")],
    out: Annotated[Path, typer.Option("--out", help="a new folder")],
    n: Annotated[int, typer.Option("--n", help="how many scenes")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="which series of scenes")] = 0,
    split: Annotated[str, typer.Option("--split", help="train | val | test: no seed is in two of them")] = "train",
    two_stage: Annotated[bool, typer.Option("--two-stage/--no-two-stage", help="second-stage scenes too")] = True,
    images: Annotated[bool, typer.Option("--images/--no-images", help="camera images of the history frames")] = False,
    cameras: Annotated[str, typer.Option("--cameras", help="with --images: names, separated by commas")] = "CAM_F0",
    size: Annotated[str, typer.Option("--size", help="with --images: WIDTHxHEIGHT")] = "256x144",
    workers: Annotated[int, typer.Option("--workers", help="processes; 0: one a core")] = 0,
) -> None:
    """Write a folder of scenes: logs, maps, second stages, index.json, labels.jsonl, manifest.json."""
    from scenarios.driving.folder import Order, write_folder

    if n < 1:
        raise ConfigError(f"--n {n} scenes", "ask for one or more")
    if seed < 0:
        raise ConfigError(f"--seed {seed} is negative", "count from 0")
    order = Order(_suite_of(suite), split, seed, n, two_stage, images, tuple(cameras.split(",")), _size(size))
    count = workers or len(os.sched_getaffinity(0))
    begin = time.perf_counter()
    manifest = write_folder(out, order, 1 if images else count, _progress(n))
    counts = manifest["counts"]
    print(
        f"{counts['scenes']} scenes ({counts['tokens']} frames to score, {counts['synthetic']} second-stage scenes, {counts['pairs']} with a negative and a recovery)"
        f" in {out} after {time.perf_counter() - begin:.1f} s"
    )


@app.command(name="list")
def list_(split: Annotated[str, typer.Option("--split")] = "test") -> None:
    """The combinations of road form and situation of a split, and which are for the test split only."""
    from scenarios.driving.splits import combinations, held_out

    for form, situation in sorted(set(combinations(split))):
        new = held_out(form, situation)
        print(f"{form:22} {situation:22}" + (f" test only ({new})" if new else ""))


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise ConfigError(f"--size {text} is no size", "say e.g. 256x144") from None
    if not (16 <= width <= 1920 and 16 <= height <= 1080):
        raise ConfigError(f"--size {text} is out of range", "from 16x16 to 1920x1080")
    return width, height


def _progress(n: int):
    if not sys.stderr.isatty():
        return None

    def show(done: int) -> None:
        print(f"\r{done}/{n}", end="\n" if done == n else "", file=sys.stderr, flush=True)

    return show


def main(arguments: list[str] | None = None) -> int:
    """The command's exit code."""
    return int(app(args=arguments, prog_name="gauntlet scenes", standalone_mode=False) or 0)
