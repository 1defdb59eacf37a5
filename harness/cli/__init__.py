"""The command ``gauntlet``. Commands import what they need when they run: ``gauntlet --help`` must answer at once."""

from harness.cli.app import main

__all__ = ["main"]
