"""``gauntlet compare``, ``gate``, ``baseline``, ``nightly``, ``history`` and ``diagnose``: runs judged, from their folders alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Success = Annotated[str | None, typer.Option("--success", help="which success counts: last or any; default: the suite's own rule")]
Intersect = Annotated[bool, typer.Option("--intersect", help="compare the scenarios that pair, although the suites differ")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE", help="write everything as JSON; - for standard output")]
Markdown = Annotated[str | None, typer.Option("--markdown", metavar="FILE", help="write Markdown; - for standard output")]
Html = Annotated[str | None, typer.Option("--html", metavar="FILE", help="write one HTML page")]
Baselines = Annotated[Path, typer.Option("--baselines", help="folder of the accepted baselines")]
BASELINES = Path("results/baselines")
RUN = "a run folder (any path that fsspec knows) or the name of a baseline"


def compare(
    runs: Annotated[
        list[str], typer.Argument(help=f"two or more: {RUN}; the first is what the others are compared with", show_default=False)
    ],
    by: Annotated[
        list[str] | None, typer.Option("--by", help="task, axis, severity, any tag, or several joined: task+axis (may be repeated)")
    ] = None,
    success: Success = None,
    intersect: Intersect = False,
    confidence: Annotated[float, typer.Option("--confidence", help="of the intervals", min=0.5, max=0.999)] = 0.95,
    resamples: Annotated[int, typer.Option("--resamples", help="of each bootstrap", min=100)] = 2000,
    baselines: Baselines = BASELINES,
    json: Json = None,
    markdown: Markdown = None,
    html: Html = None,
) -> None:
    """Did it get better or worse? Runs paired by scenario, with exact tests, intervals, and the smallest drop that could have been seen."""
    from harness.baselines import resolve_run
    from harness.compare import compare as compare_runs
    from harness.compare.rendering import print_sections, to_html, to_markdown
    from harness.compare.sections import sections
    from harness.success_rule import success_rule_named

    keys = tuple(key for given in by or ["task"] for key in given.replace("|", ",").split(",") if key)
    found = compare_runs(
        [resolve_run(run, baselines) for run in runs],
        by=keys,
        success=success_rule_named(success),
        intersect=intersect,
        confidence=confidence,
        resamples=resamples,
    )
    title = "Comparison of " + ", ".join(str(run["name"]) for run in found.runs)
    if "-" not in (json, markdown):
        print_sections(sections(found), found.notes)
    if json:
        _write(json, _dumped(found.to_json()))
    if markdown:
        _write(markdown, to_markdown(title, sections(found), found.notes))
    if html:
        _write(html, to_html(title, sections(found, flips=None), found.notes))


def gate(
    run: Annotated[str, typer.Argument(help=RUN)],
    baseline: Annotated[str, typer.Option("--baseline", help="name of a baseline, or a run folder")],
    overrides: Annotated[list[str] | None, typer.Argument(help="of the rule: key=value, e.g. floor=0.05", show_default=False)] = None,
    rule: Annotated[str, typer.Option("--rule", help="a rule of harness/conf/gate, or a YAML file of yours")] = "default",
    intersect: Intersect = False,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="judge what there is by a test that is valid whenever one looks")
    ] = False,
    start: Annotated[
        list[str] | None,
        typer.Option(
            "--start", metavar="KEY=VALUE", help="with --sequential: start (or resume) this run, and stop it once decided (may be repeated)"
        ),
    ] = None,
    baselines: Baselines = BASELINES,
    json: Json = None,
    markdown: Markdown = None,
    junit: Annotated[str | None, typer.Option("--junit", metavar="FILE", help="write JUnit XML, one case a task and axis")] = None,
) -> None:
    """May this run replace its baseline?

    Exit code: 0 pass; 1 regress; 2 no verdict: inconclusive, or bad input (then standard error says what to mend).
    """
    from harness.cli.gating import gate_command

    outputs = {"json": json, "markdown": markdown, "junit": junit}
    code = gate_command(run, list(overrides or []), baseline, rule, intersect, sequential, list(start or []), baselines, outputs)
    raise typer.Exit(code)


baseline = typer.Typer(help="Accepted baselines: tables of runs, kept small enough for git.", no_args_is_help=True)


@baseline.command("accept")
def accept(
    run: Annotated[str, typer.Argument(help=RUN)],
    name: Annotated[str, typer.Option("--as", help="the baseline's name")],
    replace: Annotated[bool, typer.Option("--replace", help="put it in the place of the one of that name")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="although scenarios are missing")] = False,
    baselines: Baselines = BASELINES,
) -> None:
    """Keep a run's tables as a baseline."""
    from harness.baselines import accept_baseline

    place = accept_baseline(run, name, baselines, replace=replace, partial=partial)
    size = sum(file.stat().st_size for file in place.iterdir())
    print(f"baseline {name}: {place} ({size / 1024:.0f} kB); add it to git")


@baseline.command("list")
def list_(baselines: Baselines = BASELINES) -> None:
    """Say which baselines there are."""
    from harness.baselines import list_baselines

    for one in list_baselines(baselines):
        print(
            f"{one['name']}: {one['agent']} on {one['suite']}, {one['episodes']} episodes, accepted {one['accepted']}, {one['bytes'] / 1024:.0f} kB"
        )


@baseline.command("show")
def show(name: Annotated[str, typer.Argument(help="the baseline's name")], baselines: Baselines = BASELINES) -> None:
    """Show a baseline's results and where they come from."""
    from harness.cli.gating import show_baseline

    show_baseline(name, baselines)


def nightly(
    config: Annotated[Path, typer.Argument(help="a YAML file: agents, suites, baselines, rule (docs/nightly.md)")],
    stamp: Annotated[str | None, typer.Option("--stamp", help="which night; default: today's date (UTC). The same stamp resumes")] = None,
    only: Annotated[str | None, typer.Option("--only", help="cells whose agent or suite holds this text")] = None,
    dry: Annotated[bool, typer.Option("--dry", help="say what would run, and stop")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="no live display")] = False,
) -> None:
    """Run a matrix of agents x suites, gate each against its baseline, and write one page. Nothing is sent anywhere.

    Exit code: that of the worst cell: 0 pass (or no baseline yet), 1 regress, 2 inconclusive, not run, or bad input.
    """
    from harness.nightly import nightly_command

    raise typer.Exit(nightly_command(config, stamp, only, dry, quiet))


def history(
    agent: Annotated[str | None, typer.Option("--agent", help="only this agent")] = None,
    suite: Annotated[str | None, typer.Option("--suite", help="only this suite")] = None,
    task: Annotated[str | None, typer.Option("--task", help="only this task")] = None,
    results: Annotated[
        list[str] | None, typer.Option("--results", help="where the run folders are, any path that fsspec knows (may be repeated)")
    ] = None,
    json: Json = None,
    html: Html = None,
) -> None:
    """The trend over all run folders, with intervals: DuckDB over their tables, no server."""
    from harness.history.command import history_command

    history_command(agent, suite, task, list(results or ["results"]), json, html)


def diagnose(
    run: Annotated[str, typer.Argument(help=RUN)],
    success: Success = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="show this scenario's report in full (its id, or the beginning)")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="where failures.parquet goes; default: the run folder")] = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="URL", help="an OpenAI-compatible endpoint that writes the texts; off by default")
    ] = None,
    teacher_model: Annotated[str, typer.Option("--teacher-model", help="the teacher's model")] = "default",
    teacher_key: Annotated[
        str, typer.Option("--teacher-key", metavar="VARIABLE", help="environment variable that holds its key")
    ] = "OPENAI_API_KEY",
    json: Json = None,
    markdown: Markdown = None,
) -> None:
    """Why did it fail? A report in five parts for every failed episode, by rules from recorded truth, and a table of failure modes."""
    from harness.diagnose.command import diagnose_command

    diagnose_command(run, success, scenario, out, (teacher, teacher_model, teacher_key), json, markdown)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (compare, gate, nightly, history, diagnose):
        app.command()(command)
    app.add_typer(baseline, name="baseline")


def _write(place: str, text: str) -> None:
    from harness.cli.writing import write_text

    write_text(place, text)


def _dumped(data: Any) -> str:
    import json

    return json.dumps(data, indent=1, allow_nan=False) + "\n"
