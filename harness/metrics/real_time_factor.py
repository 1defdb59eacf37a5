"""Simulated seconds a wall second."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue


def real_time_factor(episode: Episode) -> MetricValue:
    """Simulated time over wall time of the loop (acting, stepping, rendering, recording; without make and reset)."""
    timing = episode.timing
    wall = timing.act + timing.step + timing.render + timing.record
    if episode.outcome == "error" or not episode.control_hz or not wall:
        return NOT_VALID
    return MetricValue(episode.steps / episode.control_hz / wall)


METRIC = Metric("real_time_factor", "x", "simulated seconds a wall second of the loop", real_time_factor)
