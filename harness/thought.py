"""What a policy thought: text and spatial prompts, with the seconds it took. Recorded, drawn on videos, and scored against the simulator's truth."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any


def is_finite(value: Any) -> bool:
    """Whether every number in it (a prompt, a thought, plain data) is finite."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, tuple | list):
        return all(map(is_finite, value))
    return is_finite(value.__dict__) if isinstance(value, Point | Box | Trace | Thought) else True


def without_nan(value: Any) -> Any:
    """Plain data with None for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    return type(value)(map(without_nan, value)) if isinstance(value, tuple | list) else value


@dataclass(frozen=True)
class Point:
    """A pixel (x right, y down, origin at the upper left corner) of ``camera``."""

    x: float
    y: float
    label: str = ""
    camera: str = ""
    confidence: float | None = None


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of ``camera``: left, top, right, bottom."""

    x0: float
    y0: float
    x1: float
    y1: float
    label: str = ""
    camera: str = ""
    confidence: float | None = None


@dataclass(frozen=True)
class Trace:
    """A path the policy means to follow: (x, y) pixels of ``camera``, first to last."""

    points: tuple[tuple[float, float], ...]
    label: str = ""
    camera: str = ""
    confidence: float | None = None


@dataclass(frozen=True)
class Thought:
    """What a policy does not have stays empty. ``seconds`` per stage: encode, reason, bridge, act."""

    reasoning: str = ""
    subtask: str = ""
    points: tuple[Point, ...] = ()
    boxes: tuple[Box, ...] = ()
    traces: tuple[Trace, ...] = ()
    confidence: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self, seconds: bool = True) -> dict[str, Any]:
        """JSON data; empty fields are left out, numbers that are not finite become None. ``seconds`` False leaves out the wall times, in which alone two runs may differ."""
        kept = {key: value for key, value in asdict(self).items() if value not in ("", (), None, {}) and (seconds or key != "seconds")}
        return kept if is_finite(kept) else without_nan(kept)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Thought:
        traces = (Trace(**{**t, "points": tuple((float(x), float(y)) for x, y in t["points"])}) for t in data.get("traces", ()))
        return cls(
            reasoning=data.get("reasoning", ""),
            subtask=data.get("subtask", ""),
            points=tuple(Point(**p) for p in data.get("points", ())),
            boxes=tuple(Box(**b) for b in data.get("boxes", ())),
            traces=tuple(traces),
            confidence=data.get("confidence"),
            seconds=dict(data.get("seconds", {})),
        )
