"""How long success took."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def steps_to_success(episode: Episode) -> MetricValue:
    """Control steps until the predicate first held; not valid where it never did."""
    return NOT_VALID if episode.first_success_step is None else MetricValue(episode.first_success_step)


METRIC = Metric("steps_to_success", "steps", "control steps until success first held", steps_to_success)
