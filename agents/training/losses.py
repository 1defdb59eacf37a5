"""Losses of the two stages."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.training.grounding_batch import GroundingBatch
from agents.vla.reasoner import ANGLES, GRID, HELD, GroundedReasoner, Grounding

_SPREAD = 0.7  # cells: width of the target on the heatmap


def grounding_loss(reasoner: GroundedReasoner, batch: GroundingBatch) -> tuple[Tensor, dict[str, float]]:
    """Sum of the heads' losses, and each by name."""
    raw = reasoner.ground(batch.inputs, batch.shift, jittered(batch.points[:, :2]))
    parts = {
        "heat": _heat_loss(raw.heat, batch.points[:, :2]),
        "point": _known_l1(raw.points[:, :2], batch.points[:, :2]) * 10,
        "family": nn.functional.cross_entropy(raw.family, batch.family) * 0.3,
        **head_losses(reasoner, raw, batch),
    }
    return torch.stack(list(parts.values())).sum(), {name: float(value.detach()) for name, value in parts.items()}


def head_losses(reasoner: GroundedReasoner, raw: Grounding, batch: GroundingBatch) -> dict[str, Tensor]:
    """Of the heads that read what was gathered."""
    return {
        "place": _known_l1(raw.points[:, 2:], batch.points[:, 2:]) * 10,
        "present": nn.functional.binary_cross_entropy_with_logits(raw.present, batch.present),
        "facts": _facts_loss(raw, batch.facts),
        "angle": nn.functional.cross_entropy(raw.angle, _soft_angles(batch.angle)) * 0.3,
        "text": _text_loss(reasoner, raw, batch.tokens),
    }


def jittered(points: Tensor) -> Tensor:
    """The true points, moved by as much as predicted ones are off."""
    return points + torch.randn_like(points) * (0.8 / 128)


def _heat_loss(heat: Tensor, points: Tensor) -> Tensor:
    known = ~torch.isnan(points[..., 0])
    axis = (torch.arange(GRID, device=heat.device) + 0.5) / GRID
    where = torch.nan_to_num(points)
    x = torch.exp(-(((axis - where[..., :1]) * GRID / _SPREAD) ** 2) / 2)
    y = torch.exp(-(((axis - where[..., 1:]) * GRID / _SPREAD) ** 2) / 2)
    target = (y.unsqueeze(-1) * x.unsqueeze(-2)).flatten(-2)
    target = target / target.sum(-1, keepdim=True).clamp(min=1e-6)
    loss = -(target * heat.log_softmax(-1)).sum(-1)
    return (loss * known).sum() / known.sum().clamp(min=1)


def _known_l1(predicted: Tensor, wanted: Tensor) -> Tensor:
    known = ~torch.isnan(wanted)
    error = nn.functional.smooth_l1_loss(predicted, torch.nan_to_num(wanted), reduction="none", beta=0.01)
    return (error * known).sum() / known.sum().clamp(min=1)


def _facts_loss(raw: Grounding, wanted: Tensor) -> Tensor:
    known = ~torch.isnan(wanted)
    filled = torch.nan_to_num(wanted)
    error = nn.functional.smooth_l1_loss(raw.facts, filled, reduction="none", beta=0.05)
    held = nn.functional.binary_cross_entropy_with_logits(raw.facts[:, HELD], filled[:, HELD].clamp(0, 1), reduction="none")
    error = torch.cat([error[:, :HELD] * 3, held.unsqueeze(1), error[:, HELD + 1 :] * 3], 1)
    return (error * known).sum() / known.sum().clamp(min=1)


def _soft_angles(angle: Tensor) -> Tensor:
    """(B,) classes -> (B, ANGLES + 1): three quarters on the class, the rest on its neighbours."""
    soft = torch.zeros(len(angle), ANGLES + 1, device=angle.device)
    real = angle < ANGLES
    rows = torch.arange(len(angle), device=angle.device)
    soft[rows, angle] = torch.where(real, 0.7, 1.0)
    for offset in (-1, 1):
        soft[rows[real], (angle[real] + offset) % ANGLES] += 0.15
    return soft


def _text_loss(reasoner: GroundedReasoner, raw: Grounding, tokens: Tensor) -> Tensor:
    begin = torch.full_like(tokens[:, :1], reasoner.vocabulary.begin)
    previous = torch.cat([begin, tokens[:, :-1].clamp(min=0)], 1)
    logits = reasoner.text(raw.context, previous)
    if not bool((tokens >= 0).any()):
        return logits.sum() * 0
    return nn.functional.cross_entropy(logits.flatten(0, 1), tokens.flatten(), ignore_index=-1)
