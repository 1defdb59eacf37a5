"""Did it get better or worse? Two or more runs, paired by scenario, from their folders alone.

``load_run(path) -> RunTable``; ``compare(runs) -> Comparison``. Names are imported when first used: reading a run needs no statistics.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.compare.comparing import compare
    from harness.compare.comparison import Comparison, Flip, GroupComparison, MetricComparison, PairComparison, Ranking, Side
    from harness.compare.run_table import EpisodeRow, RunTable, load_run

_HOMES = {
    "Comparison": "comparison",
    "EpisodeRow": "run_table",
    "Flip": "comparison",
    "GroupComparison": "comparison",
    "MetricComparison": "comparison",
    "PairComparison": "comparison",
    "Ranking": "comparison",
    "RunTable": "run_table",
    "Side": "comparison",
    "compare": "comparing",
    "load_run": "run_table",
}

__all__ = [
    "Comparison",
    "EpisodeRow",
    "Flip",
    "GroupComparison",
    "MetricComparison",
    "PairComparison",
    "Ranking",
    "RunTable",
    "Side",
    "compare",
    "load_run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'harness.compare' has no attribute {name!r}")
    return getattr(import_module(f"harness.compare.{_HOMES[name]}"), name)
