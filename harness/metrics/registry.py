"""All metrics, by name."""

from __future__ import annotations

from harness.episode import Episode
from harness.metrics import (
    act_seconds,
    layers,
    progress,
    real_time_factor,
    steps,
    steps_to_success,
    subgoals,
    success_any,
    success_last,
    think_seconds,
)
from harness.metrics.metric import Metric, MetricValue

_MODULES = (success_last, success_any, progress, subgoals, steps, steps_to_success, act_seconds, think_seconds, real_time_factor)

METRICS_VERSION = "1"
"""Raised when a metric is computed otherwise than before: figures of two versions are never compared."""

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*(module.METRIC for module in _MODULES), *layers.METRICS)}


def evaluate_metrics(episode: Episode) -> dict[str, MetricValue]:
    """Every metric's value for one episode."""
    return {name: metric(episode) for name, metric in METRICS.items()}


__all__ = ["METRICS", "METRICS_VERSION", "Metric", "MetricValue", "evaluate_metrics"]
