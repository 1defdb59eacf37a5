"""What a metric is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.episode import Episode


@dataclass(frozen=True)
class MetricValue:
    """``valid`` False: the metric does not apply to this episode; that is not 0."""

    value: float
    valid: bool = True


NOT_VALID = MetricValue(0.0, False)


@dataclass(frozen=True)
class Metric:
    """``unit``: "" for rates and counts. ``rate``: it is 0 or 1, summarised with a Wilson interval; else by mean and median."""

    name: str
    unit: str
    description: str
    function: Callable[[Episode], MetricValue]
    rate: bool = False

    def __call__(self, episode: Episode) -> MetricValue:
        return self.function(episode)
