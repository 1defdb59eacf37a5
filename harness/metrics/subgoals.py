"""Which share of the subgoals was ever reached."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def subgoals(episode: Episode) -> MetricValue:
    """Share of subgoals that came true at some step; not valid where the task names none."""
    if episode.outcome == "error" or not episode.subgoal_steps:
        return NOT_VALID
    return MetricValue(sum(step is not None for step in episode.subgoal_steps.values()) / len(episode.subgoal_steps))


METRIC = Metric("subgoals", "", "share of the subgoals that came true at some step", subgoals)
