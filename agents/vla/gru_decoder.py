"""Autoregressive decoding with a recurrent network: the lightest decoder that says one number after the other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.vla.action_decoder import ACTION, HORIZON
from agents.vla.action_tokens import BINS, to_chunk, to_tokens, token_loss


class GruDecoder(nn.Module):
    def __init__(self, condition: int, width: int = 192, embedding: int = 48, horizon: int = HORIZON) -> None:
        super().__init__()
        self.embed = nn.Embedding(BINS + 1, embedding)  # the last: begin
        self.place = nn.Parameter(torch.randn(horizon * ACTION, embedding) * 0.1)
        self.start = nn.Linear(condition, width)
        self.cell = nn.GRU(embedding, width, batch_first=True)
        self.out = nn.Linear(width, BINS)

    def loss(self, condition: Tensor, chunk: Tensor, valid: Tensor, history: Tensor) -> Tensor:
        targets = to_tokens(chunk)
        begin = torch.full_like(targets[:, :1], BINS)
        previous = torch.cat([begin, targets[:, :-1]], 1)
        states, _ = self.cell(self.embed(previous) + self.place, torch.tanh(self.start(condition)).unsqueeze(0))
        return token_loss(self.out(states), targets, valid)

    def decode(self, condition: Tensor, noise: Tensor, history: Tensor) -> Tensor:
        hidden = torch.tanh(self.start(condition)).unsqueeze(0)
        token = torch.full((len(condition), 1), BINS, dtype=torch.long, device=condition.device)
        decoded = []
        for index in range(len(self.place)):
            state, hidden = self.cell(self.embed(token) + self.place[index], hidden)
            token = self.out(state).argmax(-1)
            decoded.append(token)
        return to_chunk(torch.cat(decoded, 1))
