"""Scores of the policy's layers, as recorded with the episode (:func:`harness.layer_scores.layer_scores`): not valid where a policy says or shows nothing."""

from harness.episode import Episode
from harness.metrics.metric import NOT_VALID, Metric, MetricValue

_DESCRIPTIONS = {
    "grounding_point": "share of points that lie on the object they name",
    "grounding_point_first": "the same, of the first thought",
    "grounding_iou": "overlap of boxes with the true ones",
    "grounding_iou_first": "the same, of the first thought",
    "subtask": "share of thoughts whose subtask is the expert's in the same state",
    "text_action": "share of thoughts after which the hand did what the subtask says",
}


def _metric(name: str, description: str) -> Metric:
    def recorded(episode: Episode) -> MetricValue:
        value = episode.layers.get(name)
        return NOT_VALID if value is None else MetricValue(value)

    return Metric(name, "", description, recorded)


METRICS = tuple(_metric(name, description) for name, description in _DESCRIPTIONS.items())
