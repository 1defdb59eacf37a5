"""Metrics: one file, one function each, from an episode to a value and its validity."""

from harness.metrics.registry import METRICS, METRICS_VERSION, Metric, MetricValue, evaluate_metrics

__all__ = ["METRICS", "METRICS_VERSION", "Metric", "MetricValue", "evaluate_metrics"]
