"""What one decision costs, summed over the policy's own stages."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def think_seconds(episode: Episode) -> MetricValue:
    """Mean wall seconds of the policy's stages (encode, reason, bridge, act) a decision; not valid for an agent that reports none."""
    stages = {name: seconds for name, seconds in episode.timing.stages.items() if name != "infer"}  # infer is the sum as the client saw it
    if episode.outcome == "error" or not episode.timing.decisions or not stages:
        return NOT_VALID
    return MetricValue(sum(stages.values()) / episode.timing.decisions)


METRIC = Metric("think_seconds", "s", "mean wall seconds of the policy's stages a decision", think_seconds)
