"""Accepted baselines: tables of runs, kept small enough for git."""

from harness.baselines.baseline import BASELINES, accept_baseline, list_baselines, resolve_run

__all__ = ["BASELINES", "accept_baseline", "list_baselines", "resolve_run"]
