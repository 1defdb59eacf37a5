"""What a control step costs in the agent."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def act_seconds(episode: Episode) -> MetricValue:
    """Mean wall seconds of ``agent.act`` a control step, rendering excluded."""
    if episode.outcome == "error" or not episode.steps:
        return NOT_VALID
    return MetricValue(episode.timing.act / episode.steps)


METRIC = Metric("act_seconds", "s", "mean wall seconds of agent.act a control step, rendering excluded", act_seconds)
