"""How the thought conditions action: modes on, off, random, wrong, oracle; kinds point, box, trace, unified."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

import torch
from torch import Tensor

from agents.vla.geometry import project
from agents.vla.reasoning import FACTS, Reasoning
from harness.errors import ConfigError, did_you_mean

Mode = Literal["on", "off", "random", "wrong", "oracle"]
Kind = Literal["point", "box", "trace", "unified"]


@dataclass
class Prompt:
    """What the action expert is told. ``source`` and ``place`` (B, 2): anchors in image coordinates; ``target`` (B, 2); ``facts`` (B, 10); ``angle`` and ``angle_known`` (B,); ``family``, ``subtask`` (B,) classes;
    ``known`` (B, 4): 1 where source, target, place and angle are told. All zero: no prompt."""

    source: Tensor
    target: Tensor
    place: Tensor
    facts: Tensor
    angle: Tensor
    family: Tensor
    subtask: Tensor
    known: Tensor

    def rows(self, index: Tensor) -> Prompt:
        return Prompt(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


class SpatialPrompt:
    """Args:
    mode: "on" what the reasoner found; "off" nothing; "random" places drawn anew for each request; "wrong" true places of another thing than the one that is asked for; "oracle" true places. The last two need the
        simulator's truth.
    kind: which form carries it: the points, the middles of the boxes, the ends of the trace, or all of them (the mean of what is there).
    subtask: False keeps the decoded subtask from the action expert.
    """

    def __init__(self, mode: str = "on", kind: str = "point", subtask: bool = True) -> None:
        for what, value, known in (("mode", mode, get_args(Mode)), ("kind", kind, get_args(Kind))):
            if value not in known:
                raise ConfigError(f"spatial prompt: {what}={value!r}", did_you_mean(str(value), known))
        self.mode, self.kind, self.subtask = mode, kind, subtask

    @property
    def needs_truth(self) -> bool:
        return self.mode in ("wrong", "oracle")

    def __call__(self, reasoning: Reasoning, gripper: Tensor, truth: Reasoning | None, generators: list[torch.Generator]) -> Prompt:
        """``gripper`` (B, 2): image coordinates at which a trace begins; ``truth``: for the modes that need it; ``generators``: one a request."""
        said = truth if self.needs_truth and truth is not None else reasoning
        source, target, place = self._anchors(said, gripper)
        known = torch.cat([said.present, (said.angle_known > 0.5).float().unsqueeze(1)], 1)
        known = (known > 0.5).float()
        facts, angle = said.facts, said.angle
        if self.mode == "random":
            drawn = torch.stack([torch.rand(3, 2, generator=generator) for generator in generators]).to(source.device)
            drawn = drawn * 0.6 + 0.25  # where things can be
            source, target, place = drawn.unbind(1)
            angle = torch.stack([torch.rand((), generator=generator) for generator in generators]).to(source.device) * math.pi
        subtask = reasoning.subtask if self.subtask else torch.full_like(reasoning.subtask, -1)
        if self.mode == "off":
            known = torch.zeros_like(known)
        return Prompt(source, target, place, facts, angle, reasoning.family, subtask, known)

    def _anchors(self, said: Reasoning, gripper: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        points = said.points
        if self.kind == "point":
            return points[:, 0], points[:, 1], points[:, 2]
        middles = (said.boxes[..., :2] + said.boxes[..., 2:]) / 2
        middles = torch.where(torch.isnan(middles), points[:, :2], middles)  # a box that was not said: its point
        if self.kind == "box":
            return middles[:, 0], middles[:, 1], middles[:, 1] + points[:, 2] - points[:, 1]
        strokes = traces(said, gripper)
        if self.kind == "trace":
            return strokes[:, 1], points[:, 1], strokes[:, 2]
        return (points[:, 0] * 2 + middles[:, 0]) / 3, (points[:, 1] * 2 + middles[:, 1]) / 3, (points[:, 2] + strokes[:, 2]) / 2


def untold(prompt: Prompt) -> Prompt:
    """A prompt that says nothing, not even the task or the subtask: what the vanilla policy works with."""
    return replace(
        prompt, known=torch.zeros_like(prompt.known), family=torch.zeros_like(prompt.family), subtask=torch.full_like(prompt.subtask, -1)
    )


def traces(said: Reasoning, gripper: Tensor, step: float = 1 / 32) -> Tensor:
    """(B, 3, 2) ends of the strokes: gripper, source, place. A trace is drawn on a grid of ``step``: coarser than a point, as a polyline that is said in tokens would be."""
    ends = torch.stack([gripper, said.points[:, 0], said.points[:, 2]], 1)
    return (ends / step).round() * step


def gripper_pixel(projection: Tensor, state: Tensor) -> Tensor:
    """(B, 2) image coordinates of the measured tool centre point."""
    return project(projection, state[:, :3])


def fact(facts: Tensor, name: str) -> Tensor:
    """(B,) the column ``name``."""
    return facts[:, FACTS.index(name)]
