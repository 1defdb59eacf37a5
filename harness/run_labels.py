"""What to call several runs, so that they can be told apart."""

from __future__ import annotations

from collections.abc import Sequence


def run_labels(runs: Sequence[tuple[str, str, str]]) -> list[str]:
    """``runs``: (agent, run's name, folder's name) of each. Agents' names where they tell the runs apart, else runs' names, else folders; numbered if nothing else does."""
    for names in zip(*runs):
        if len(set(names)) == len(names):
            return list(names)
    return [f"{folder} ({k})" for k, (_, _, folder) in enumerate(runs, 1)]
