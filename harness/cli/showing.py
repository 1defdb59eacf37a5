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


def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="run folders or names of baselines, the first is what the others are compared with; or a comparison (compare --json FILE)"
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="folder; default RUN/report, and report_A_vs_B beside the last of several")
    ] = None,
    success: Annotated[str | None, typer.Option("--success", help="last or any; default the suite's own rule")] = None,
    intersect: Annotated[bool, typer.Option("--intersect", help="compare the scenarios that pair although the suites differ")] = False,
    videos: Annotated[str, typer.Option("--videos", help="which episodes' videos go into it: all, failures or none")] = "all",
    baselines: Annotated[Path, typer.Option("--baselines", help="folder of the accepted baselines")] = Path("results/baselines"),
) -> None:
    """A page about one run, or about several compared with the first: opens from disk, needs no server."""
    from harness.errors import ConfigError, did_you_mean
    from harness.report import make_report
    from harness.report.arguments import runs_of
    from harness.success_rule import success_rule_named

    if videos not in ("all", "failures", "none"):
        raise ConfigError(f"--videos {videos}", did_you_mean(videos, ("all", "failures", "none")))
    paths, rule = runs_of(runs, baselines)
    made = make_report(paths, out, success=success_rule_named(success or rule), intersect=intersect, videos=videos)
    for note in made.notes:
        print(f"note: {note}")
    print(f"report:  {made.index} ({made.scenarios} scenarios, {made.episodes} episodes, {made.videos} videos)")


def view(
    folder: Annotated[Path, typer.Argument(help="the results folder, a run or a report")] = Path("results"),
    port: Annotated[int, typer.Option("--port", help="0: any free one")] = 8000,
) -> None:
    """Serve a folder of results on this machine alone (127.0.0.1) until Ctrl-C."""
    from harness.report.server import ResultsServer

    with ResultsServer(folder, port) as server:
        print(f"{folder} at {server.address} (Ctrl-C ends it)", flush=True)
        server.serve_forever()


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (video, report, view):
        app.command()(command)
