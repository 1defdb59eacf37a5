"""A chunk of actions as tokens: every number one of :data:`BINS` classes, as autoregressive VLAs have it (RT-2, arXiv 2307.15818)."""

from __future__ import annotations

from torch import Tensor, nn

from agents.vla.action_decoder import ACTION

BINS = 96  # over [-1.2, 1.2]
_RANGE = 1.2


def to_tokens(chunk: Tensor) -> Tensor:
    """(B, T, ACTION) normalised -> (B, T * ACTION) classes."""
    return ((chunk.flatten(1) / _RANGE + 1) * (BINS / 2)).long().clamp(0, BINS - 1)


def to_chunk(tokens: Tensor) -> Tensor:
    """(B, T * ACTION) -> (B, T, ACTION): the middle of each class."""
    return (((tokens.float() + 0.5) * (2 / BINS) - 1) * _RANGE).unflatten(1, (-1, ACTION))


def token_loss(logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
    """Cross-entropy of (B, T * ACTION, BINS) over the actions that are ``valid`` (B, T)."""
    losses = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    weight = valid.repeat_interleave(ACTION, dim=1).flatten()
    return (losses * weight).sum() / weight.sum().clamp(min=1)
