"""What a reasoner says, as tensors, and what every reasoner must offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from agents.vla.inputs import Inputs

ROLES = ("source", "target", "place")
FACTS = ("source_z", "grasp_z", "source_top", "source_bottom", "place_z", "place_over", "travel", "opening", "held", "target_z")
"""Heights in m over the table (the source's point, its grasp, its top and bottom; its lowest point when let go; what to clear on the way there, and on the way); m that the drawer is open; 0..1 held; height of the
target's point. What does not apply is 0."""


@dataclass
class Reasoning:
    """``points`` (B, 3, 2) of :data:`ROLES`, image coordinates in [0, 1]; ``confidence`` (B, 3) and ``present`` (B, 3) in [0, 1]; ``facts`` (B, 10) of :data:`FACTS`; ``angle`` (B,) rad modulo pi: along which the
    fingers should open at the source, and ``angle_known`` (B,) in [0, 1]; ``family`` (B,) class of task; ``subtask`` (B,) class of subtask; ``boxes`` (B, 2, 4) of source and target, NaN where none was said;
    ``texts``: the subtask in words; ``hidden``: the hidden states of each layer, (B, Q, D)."""

    points: Tensor
    confidence: Tensor
    present: Tensor
    facts: Tensor
    angle: Tensor
    angle_known: Tensor
    family: Tensor
    subtask: Tensor
    boxes: Tensor
    texts: list[str] = field(default_factory=list)
    hidden: list[Tensor] = field(default_factory=list)


class Reasoner(Protocol):
    """System 2. ``hidden_size``, ``hidden_layers``, ``queries``: the shape of the hidden states that a bridge reads."""

    hidden_size: int
    hidden_layers: int
    queries: int

    def think(self, inputs: Inputs) -> Reasoning: ...
