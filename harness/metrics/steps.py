"""How long it took."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def steps(episode: Episode) -> MetricValue:
    """Control steps of the episode."""
    return NOT_VALID if episode.outcome == "error" else MetricValue(episode.steps)


METRIC = Metric("steps", "steps", "control steps of the episode", steps)
