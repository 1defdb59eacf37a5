"""How far the task got."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def progress(episode: Episode) -> MetricValue:
    """The environment's progress in [0, 1] at the last step."""
    return NOT_VALID if episode.progress is None else MetricValue(episode.progress)


METRIC = Metric("progress", "", "the environment's progress at the last step, 0 to 1", progress)
