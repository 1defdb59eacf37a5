"""A matrix of agents x suites, run and gated every night."""

from harness.nightly.command import nightly_command
from harness.nightly.matrix import Cell, NightlyConfig, load_nightly

__all__ = ["Cell", "NightlyConfig", "load_nightly", "nightly_command"]
