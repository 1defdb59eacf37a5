"""Did it get better or worse? Two or more runs, paired by scenario, from their folders alone.

``load_run(path) -> RunTable``; ``compare(runs) -> Comparison``.
"""

from harness.compare.comparing import compare
from harness.compare.comparison import Comparison, Flip, GroupComparison, MetricComparison, PairComparison, Ranking, Side
from harness.compare.run_table import EpisodeRow, RunTable, load_run

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
