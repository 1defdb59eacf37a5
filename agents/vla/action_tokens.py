"""A chunk of actions as tokens: every number one of :data:`BINS` classes, as autoregressive VLAs have it (RT-2, arXiv 2307.15818)."""

from __future__ import annotations

from torch import Tensor, nn

from agents.vla.action_decoder import ACTION, HORIZON

BINS = 96  # over [-1.2, 1.2]
TOKENS = HORIZON * ACTION
_RANGE = 1.2


def to_tokens(chunk: Tensor) -> Tensor:
    """(B, HORIZON, ACTION) normalised -> (B, TOKENS) classes."""
    return ((chunk.flatten(1) / _RANGE + 1) * (BINS / 2)).long().clamp(0, BINS - 1)


def to_chunk(tokens: Tensor) -> Tensor:
    """(B, TOKENS) -> (B, HORIZON, ACTION): the middle of each class."""
    return (((tokens.float() + 0.5) * (2 / BINS) - 1) * _RANGE).view(-1, HORIZON, ACTION)


def token_loss(logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
    """Cross-entropy of (B, TOKENS, BINS) over the actions that are ``valid`` (B, HORIZON)."""
    losses = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    weight = valid.repeat_interleave(ACTION, dim=1).flatten()
    return (losses * weight).sum() / weight.sum().clamp(min=1)
