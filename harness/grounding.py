"""What a thought points at, by the simulator's masks: recorded beside the thought, so that grounding can be scored from the run folder alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.environment import Masks
from harness.thought import Box, Point, Thought

_DROPPED = frozenset({"the", "a", "an", "of", "object", "to"})


def ground(thought: Thought, info: Mapping[str, Any]) -> dict[str, Any] | None:
    """The truth of ``thought``'s points and boxes in the state that it was made on, as JSON data; None where there is nothing to say.

    Reads ``info["privileged"]["masks"]`` of the cameras named (an empty camera means the first), and the expert's subtask. The result::

        {"points": [{"object": under the point or "", "expected": the object that the label names or "", "box": its true box or None}, ...],
         "boxes": [{"object": the object that fills most of the box or "", "expected": ..., "box": ..., "iou": with the true box or None}, ...],
         "expert_subtask": what the scripted expert would be doing (left out where there is none)}

    Boxes are [x0, y0, x1, y1] in pixels around the visible pixels, x1 and y1 past the last one; None where the object is out of sight or the label names none.
    """
    privileged = info.get("privileged") or {}
    masks: Mapping[str, Masks] = privileged.get("masks") or {}
    if not masks or not (thought.points or thought.boxes):
        return None
    objects = privileged.get("objects") or {}
    truth: dict[str, Any] = {
        "points": [_point(point, _mask(masks, point.camera), objects) for point in thought.points],
        "boxes": [_box(box, _mask(masks, box.camera), objects) for box in thought.boxes],
    }
    expert = privileged.get("expert") if thought.subtask else None
    return {**truth, "expert_subtask": str(expert["subtask"])} if expert else truth


def named_object(label: str, names: Mapping[str, Any] | set[str], objects: Mapping[str, Mapping[str, Any]]) -> str:
    """The object that a label means: by its name, by its role ("source"), or by words that one name alone shares; "" if none."""
    if label in names:
        return label
    by_role = [name for name, truth in objects.items() if truth.get("role") == label]
    if len(by_role) == 1:
        return by_role[0]
    words = _words(label)
    if not words:
        return ""
    inside = [name for name in names if _words(name) and (_words(name) <= words or words <= _words(name))]
    return inside[0] if len(inside) == 1 else ""


def box_of(mask: NDArray[np.bool_]) -> list[int] | None:
    """[x0, y0, x1, y1] around the true pixels of ``mask`` (H, W); None if there are none."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1] if rows.size else None


def iou(one: tuple[float, float, float, float], two: list[int]) -> float:
    """Intersection over union of two boxes (x0, y0, x1, y1)."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    shared = max(0.0, width) * max(0.0, height)
    whole = max(0.0, one[2] - one[0]) * max(0.0, one[3] - one[1]) + float((two[2] - two[0]) * (two[3] - two[1])) - shared
    return shared / whole if whole > 0 else 0.0


def _mask(masks: Mapping[str, Masks], camera: str) -> Masks | None:
    return masks.get(camera or next(iter(masks)))


def _point(point: Point, mask: Masks | None, objects: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if mask is None:
        return {"object": "", "expected": "", "box": None}
    height, width = mask["labels"].shape
    inside = 0 <= point.x < width and 0 <= point.y < height  # NaN is outside
    under = mask["names"].get(int(mask["labels"][int(point.y), int(point.x)]), "") if inside else ""
    return {"object": under, **_expected(point.label, mask, objects)}


def _box(box: Box, mask: Masks | None, objects: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if mask is None:
        return {"object": "", "expected": "", "box": None, "iou": None}
    corners = (box.x0, box.y0, box.x1, box.y1)
    finite = bool(np.isfinite(corners).all())
    x0, y0, x1, y1 = (max(0, round(value)) for value in corners) if finite else (0, 0, 0, 0)
    counts = np.bincount(mask["labels"][y0:y1, x0:x1].ravel(), minlength=1)
    counts[0] = 0
    most = mask["names"].get(int(counts.argmax()), "") if counts.any() else ""
    expected = _expected(box.label, mask, objects)
    return {"object": most, **expected, "iou": iou(corners, expected["box"]) if finite and expected["box"] else None}


def _expected(label: str, mask: Masks, objects: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    numbers = {name: number for number, name in mask["names"].items()}
    name = named_object(label, numbers.keys() | set(objects), objects)
    return {"expected": name, "box": box_of(mask["labels"] == numbers[name]) if name in numbers else None}


def _words(text: str) -> set[str]:
    return set(text.lower().replace("_", " ").split()) - _DROPPED
