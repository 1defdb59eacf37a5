"""Success at the last step: SIMPLER's rule."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def success_last(episode: Episode) -> MetricValue:
    """1 if the predicate held at the last step; not valid for an errored episode."""
    return NOT_VALID if episode.success_last is None else MetricValue(float(episode.success_last))


METRIC = Metric("success_last", "", "the success predicate held at the last step", success_last, rate=True)
