"""All commands, and what becomes of errors: one line on stderr, exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import judging, showing

EXIT_ERRORS = 3
"""the run is complete, but some scenarios ended in errors"""

app = typer.Typer(
    name="gauntlet",
    help="Run vision-language-action policies closed loop through simulated scenarios, record what they saw, thought and did, and judge them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Overrides = Annotated[
    list[str] | None, typer.Argument(help="key=value, e.g. suite=tabletop/demo agent=expert executor.workers=2", show_default=False)
]
PASS_ON = {"allow_extra_args": True, "allow_interspersed_args": False}
"""what stands after the first argument is for somebody else"""
ConfigDir = Annotated[list[Path] | None, typer.Option("--config-dir", help="a folder of yours with suite/, agent/ ... (may be repeated)")]


@app.command()
def run(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    dry: Annotated[bool, typer.Option("--dry", help="print the scenarios and stop")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="say only what went wrong, and the table")] = False,
) -> None:
    """Run an agent through a suite. Running the same command again resumes.

    Exit code: 0 all scenarios have a result, 2 bad input, 3 some ended in errors, 130 interrupted.
    """
    from harness.cli.run import run_command

    raise typer.Exit(run_command(list(overrides or []), list(config_dir or []), dry, quiet))


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="suites, agents, executors, records, envs, metrics, runs, or all")] = "all",
    config_dir: ConfigDir = None,
    results: Annotated[str, typer.Option(help="folder of the runs")] = "results",
) -> None:
    """Say what there is."""
    from harness.cli.listing import list_command

    list_command(kind, list(config_dir or []), results)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="a run folder, or the name of a suite, agent, executor or record")],
    config_dir: ConfigDir = None,
) -> None:
    """Show a run's results, or what a name stands for."""
    from harness.cli.listing import show_command

    show_command(name, list(config_dir or []))


@app.command()
def references(
    name: Annotated[str, typer.Argument(help="whose results, e.g. simpler")] = "simpler",
    task: Annotated[str | None, typer.Option(help="only tasks whose name holds this, e.g. coke")] = None,
    run: Annotated[
        list[str] | None, typer.Option("--run", help="CHECKPOINT=RUN_FOLDER: set a run of yours beside it (may be repeated)")
    ] = None,
    config_dir: ConfigDir = None,
) -> None:
    """Published results by checkpoint with their sources, and whether simulation ranks policies as reality does (MMRV, Pearson)."""
    from harness.cli.references import references_command

    references_command(name, task, list(run or []), list(config_dir or []))


@app.command()
def doctor(json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False) -> None:
    """Check this machine: Python, torch, Vulkan (renders a frame), assets, disk, ffmpeg; with the cure beside each failure."""
    from harness.cli.checks import doctor_command

    raise typer.Exit(doctor_command(json))


@app.command()
def assets(
    action: Annotated[
        str, typer.Argument(help="list, show (what a folder must hold and what yours holds), or get (bring it into place and verify it)")
    ] = "list",
    name: Annotated[str | None, typer.Argument(help="which assets, e.g. simpler")] = None,
    folder: Annotated[Path | None, typer.Option("--from", help="look into this folder instead of the configured one")] = None,
    target: Annotated[Path | None, typer.Option("--to", help="get: where to lay the data out, instead of where it is looked for")] = None,
) -> None:
    """Downloaded data that some suites need: where it is looked for, what is there, what is missing."""
    from harness.cli.checks import assets_command

    raise typer.Exit(assets_command(action, name, folder, target))


@app.command(context_settings=PASS_ON)
def parity(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="what to compare, e.g. simpler; its own options follow (NAME --help lists them)")
    ] = None,
) -> None:
    """Compare environments with recordings of what they reproduce. Exit code 1 if a bound is not met."""
    from harness.cli.tools import tool_command

    raise typer.Exit(tool_command("parity", name, context.args))


@app.command(context_settings=PASS_ON)
def bench(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="what to time, e.g. simpler; its own options follow (NAME --help lists them)")] = None,
) -> None:
    """Time environments on this machine."""
    from harness.cli.tools import tool_command

    raise typer.Exit(tool_command("bench", name, context.args))


def _room_command(name: str, description: str) -> None:
    """``gauntlet NAME ...`` is answered by the room that names it under the entry-point group ``gauntlet.commands``."""

    def command(context: typer.Context) -> None:
        from harness.cli.tools import tool_command

        raise typer.Exit(tool_command("commands", name, context.args))

    app.command(name, help=description, context_settings={**PASS_ON, "ignore_unknown_options": True}, add_help_option=False)(command)


_room_command("navsim", "NAVSIM data: score trajectories, build scene caches.")
_room_command("scenes", "Make driving scenes: logs, maps, labels and camera images, from a seed.")
_room_command("train", "Train a shipped policy from demonstrations to weights.")
_room_command("study", "A question as an experiment: agents x suites, with intervals.")


@app.command("check-env")
def check_env(
    env_id: Annotated[str, typer.Argument(help="gymnasium id; module:Id-v0 imports the module first")],
    settings: Annotated[
        list[str] | None, typer.Argument(help="kwargs.key=value for make, options.key=value for reset", show_default=False)
    ] = None,
) -> None:
    """Test an environment against the contract. Exit code 1 if it breaks it."""
    from harness.cli.checks import check_env_command

    raise typer.Exit(check_env_command(env_id, list(settings or [])))


@app.command("check-agent")
def check_agent(
    agent: Annotated[str, typer.Argument(help="an agent's name, file.yaml, module:Class or file.py:Class")],
    settings: Annotated[list[str] | None, typer.Argument(help="agent.key=value, options.key=value", show_default=False)] = None,
    env: Annotated[str, typer.Option(help="the environment to try it in")] = "tabletop/PutOn-v0",
    config_dir: ConfigDir = None,
) -> None:
    """Test an agent against the contract. Exit code 1 if it breaks it."""
    from harness.cli.checks import check_agent_command

    raise typer.Exit(check_agent_command(agent, list(settings or []), env, list(config_dir or [])))


judging.register(app)
showing.register(app)


def main() -> None:
    """Entry point of the command ``gauntlet``."""
    from harness.errors import GauntletError

    try:
        app()
    except GauntletError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
