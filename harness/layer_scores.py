"""Scores of the layers between an instruction and its outcome: was the right thing pointed at, was the right subtask said, did the body do what was said?

Computed once, when an episode is recorded, from what is stored beside it (thoughts, grounding truth, states); kept in ``Episode.layers`` and read by the metrics of :mod:`harness.metrics.layers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.subtasks import same_plan, verb
from harness.thought import Thought

State = Mapping[str, NDArray[np.floating]]

_MOVED = 0.002  # m that count as a motion
_TURNED = 0.02  # of the gripper's openness that counts as a change
_OPEN = 0.9  # openness of a gripper that holds nothing


def layer_scores(
    thoughts: Sequence[Thought | None], grounding: Sequence[Mapping[str, Any] | None], states: Sequence[State]
) -> dict[str, float | None]:
    """{name: mean over what could be judged, or None where nothing could}.

    Args:
        thoughts: of each control step; None where the agent did not think anew.
        grounding: what :func:`harness.grounding.ground` found for each.
        states: before each control step and after the last (steps + 1).

    ``grounding_point``: share of points that lie on the visible object that they name; ``grounding_iou``: mean overlap of boxes with the true ones; each also ``_first``, of the first thought that could be judged;
    ``subtask``: share of thoughts whose subtask is the expert's in the same state; ``text_action``: share of thoughts after which the hand did what the subtask says (see :func:`obeyed`).
    """
    truths = [truth for truth in grounding if truth is not None]
    hits = [[float(p["object"] == p["expected"]) for p in truth["points"] if p["expected"] and p["box"]] for truth in truths]
    overlaps = [[float(b["iou"]) for b in truth["boxes"] if b["iou"] is not None] for truth in truths]
    said = [
        float(same_plan(thought.subtask, truth["expert_subtask"]))
        for thought, truth in zip(thoughts, grounding)
        if thought is not None and truth is not None and thought.subtask and truth.get("expert_subtask", "done") != "done"
    ]
    return {
        "grounding_point": _mean([hit for row in hits for hit in row]),
        "grounding_point_first": _first(hits),
        "grounding_iou": _mean([overlap for row in overlaps for overlap in row]),
        "grounding_iou_first": _first(overlaps),
        "subtask": _mean(said),
        "text_action": _mean([float(good) for good in _obeyed(thoughts, states) if good is not None]),
    }


def obeyed(subtask: str, before: State, after: State) -> bool | None:
    """Whether the hand did what ``subtask`` says between two states, by the rule of its verb; None where the text says nothing that can be checked.

    Grasp: the gripper closed, or is not open. Let go: it opened, or is open. Lift: the hand rose. Reach, carry, open and shut: the hand moved, and the gripper did not close (reach) or did not open (carry).
    States: ``eef_pos`` (3,) m, ``gripper`` (1,) openness 0..1.
    """
    if not all(name in state for name in ("eef_pos", "gripper") for state in (before, after)):
        return None
    moved = np.asarray(after["eef_pos"], float) - np.asarray(before["eef_pos"], float)
    openness = float(np.ravel(after["gripper"])[0])
    opened = openness - float(np.ravel(before["gripper"])[0])
    far = bool(np.linalg.norm(moved) > _MOVED)
    kind = verb(subtask)
    if kind == "grasp":
        return opened < -_TURNED or (opened <= _TURNED and openness < _OPEN)
    if kind == "release":
        return opened > _TURNED or openness >= _OPEN
    if kind == "lift":
        return bool(moved[2] > 0)
    if kind == "reach":
        return far and opened > -_TURNED
    if kind in ("carry", "place"):
        return far and opened < _TURNED
    return far if kind in ("open", "shut") else None


def _obeyed(thoughts: Sequence[Thought | None], states: Sequence[State]) -> list[bool | None]:
    rows = [row for row, thought in enumerate(thoughts) if thought is not None and thought.subtask]
    ends = [*rows[1:], len(thoughts)]
    return [obeyed(thought.subtask, states[row], states[end]) for row, end in zip(rows, ends) if (thought := thoughts[row]) is not None]


def _first(rows: Sequence[Sequence[float]]) -> float | None:
    return next((mean(row) for row in rows if row), None)


def _mean(values: Sequence[float]) -> float | None:
    return mean(values) if values else None
