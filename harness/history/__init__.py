"""The trend of an agent on a suite over all run folders."""

from harness.history.query import HistoryPoint, query_history

__all__ = ["HistoryPoint", "query_history"]
