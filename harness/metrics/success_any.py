"""Success at any step: LIBERO's rule."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def success_any(episode: Episode) -> MetricValue:
    """1 if the predicate held at some step; not valid for an errored episode."""
    return NOT_VALID if episode.success_any is None else MetricValue(float(episode.success_any))


METRIC = Metric("success_any", "", "the success predicate held at some step", success_any, rate=True)
