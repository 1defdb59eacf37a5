"""``gauntlet video``, ``gauntlet report`` and ``gauntlet view``: runs made visible."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Runs = Annotated[list[Path], typer.Argument(help="run folders; the first is what the others are compared with", show_default=False)]


def video(
    runs: Runs,
    out: Annotated[Path, typer.Option("--out", help="the mp4 to write; a poster and a contact sheet (png) are laid beside it")],
    scenario: Annotated[list[str] | None, typer.Option("--scenario", help="a scenario's id, or its beginning (may be repeated)")] = None,
    flips: Annotated[bool, typer.Option("--flips", help="scenarios that one run solves and another does not")] = False,
    failures: Annotated[bool, typer.Option("--failures", help="scenarios that at least one run fails")] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", help="so many scenarios, the same in every run; with --flips or --failures: at most so many")
    ] = None,
    twins: Annotated[bool, typer.Option("--twins", help="each perturbed episode beside its clean twin")] = False,
    camera: Annotated[
        list[str] | None,
        typer.Option("--camera", help="which camera to show; default the first, and the bird's-eye view (may be repeated)"),
    ] = None,
    width: Annotated[int, typer.Option("--width", help="of the video, pixels")] = 1280,
) -> None:
    """Episodes of the same scenario side by side and in step, from one to six runs."""
    from harness.video import make_montage
    from harness.video.selection import Choice, choose_scenes

    choice = Choice(tuple(scenario or ()), flips, failures, sample, twins)
    made = make_montage(choose_scenes(runs, choice), out, width, tuple(camera or ()))
    for trouble in made.troubles:
        print(f"note: {trouble}")
    print(f"video:   {made.path} ({made.scenes} scenes, {made.frames / made.fps:.0f} s, {made.size[0]} x {made.size[1]})")
    print(f"poster:  {made.poster}")
    print(f"sheet:   {made.sheet}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(video)
