"""``gauntlet navsim``: score trajectories, and make what scoring needs."""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="NAVSIM's scores (PDMS v1.1, EPDMS v2.2), natively.")


@app.callback()
def navsim() -> None:
    """NAVSIM's scores (PDMS v1.1, EPDMS v2.2), natively."""


def main(arguments: list[str] | None = None) -> int:
    """The command's exit code."""
    return int(app(args=arguments, prog_name="gauntlet navsim", standalone_mode=False) or 0)
