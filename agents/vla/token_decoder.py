"""Autoregressive decoding: every number of the chunk is one token, one after the other, each seeing the ones before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.vla.action_decoder import ACTION, HORIZON

BINS = 96  # over [-1.2, 1.2]
_RANGE = 1.2


class TokenDecoder(nn.Module):
    """HORIZON * ACTION tokens from a GRU; ``bins`` values each."""

    def __init__(self, condition: int, width: int = 192, embedding: int = 48) -> None:
        super().__init__()
        self.embed = nn.Embedding(BINS + 1, embedding)  # the last: begin
        self.place = nn.Parameter(torch.randn(HORIZON * ACTION, embedding) * 0.1)
        self.start = nn.Linear(condition, width)
        self.cell = nn.GRU(embedding, width, batch_first=True)
        self.out = nn.Linear(width, BINS)

    @staticmethod
    def tokens(chunk: Tensor) -> Tensor:
        """(B, HORIZON, ACTION) -> (B, HORIZON * ACTION) classes."""
        return ((chunk.flatten(1) / _RANGE + 1) * (BINS / 2)).long().clamp(0, BINS - 1)

    @staticmethod
    def values(tokens: Tensor) -> Tensor:
        return ((tokens.float() + 0.5) * (2 / BINS) - 1) * _RANGE

    def loss(self, condition: Tensor, chunk: Tensor, valid: Tensor, history: Tensor) -> Tensor:
        targets = self.tokens(chunk)
        begin = torch.full_like(targets[:, :1], BINS)
        previous = torch.cat([begin, targets[:, :-1]], 1)
        states, _ = self.cell(self.embed(previous) + self.place, torch.tanh(self.start(condition)).unsqueeze(0))
        losses = nn.functional.cross_entropy(self.out(states).flatten(0, 1), targets.flatten(), reduction="none")
        weight = valid.repeat_interleave(ACTION, dim=1).flatten()
        return (losses * weight).sum() / weight.sum().clamp(min=1)

    def decode(self, condition: Tensor, noise: Tensor, history: Tensor) -> Tensor:
        hidden = torch.tanh(self.start(condition)).unsqueeze(0)
        token = torch.full((len(condition), 1), BINS, dtype=torch.long, device=condition.device)
        decoded = []
        for index in range(HORIZON * ACTION):
            state, hidden = self.cell(self.embed(token) + self.place[index], hidden)
            token = self.out(state).argmax(-1)
            decoded.append(token)
        return self.values(torch.cat(decoded, 1)).view(-1, HORIZON, ACTION)
