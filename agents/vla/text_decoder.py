"""Decodes the subtask and the boxes as one sequence of tokens, word by word."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.vla.vocabulary import Vocabulary

MAX_TOKENS = 24


class TextDecoder(nn.Module):
    """A GRU over tokens that sees the same context (B, C) at every step."""

    def __init__(self, tokens: int, context: int, width: int = 160, embedding: int = 64) -> None:
        super().__init__()
        self.embed = nn.Embedding(tokens, embedding)
        self.start = nn.Linear(context, width)
        self.inject = nn.Linear(context, width)
        self.cell = nn.GRU(embedding + width, width, batch_first=True)
        self.out = nn.Linear(width, tokens)

    def forward(self, context: Tensor, previous: Tensor) -> Tensor:
        """Logits (B, S, tokens) of the tokens that follow ``previous`` (B, S)."""
        injected = torch.relu(self.inject(context)).unsqueeze(1).expand(-1, previous.shape[1], -1)
        states, _ = self.cell(torch.cat([self.embed(previous), injected], -1), torch.tanh(self.start(context)).unsqueeze(0))
        return self.out(states)

    @torch.no_grad()
    def decode(self, context: Tensor, vocabulary: Vocabulary) -> list[list[int]]:
        """Greedy decoding; stops when every row has ended."""
        batch = context.shape[0]
        hidden = torch.tanh(self.start(context)).unsqueeze(0)
        injected = torch.relu(self.inject(context)).unsqueeze(1)
        token = torch.full((batch, 1), vocabulary.begin, dtype=torch.long, device=context.device)
        rows: list[list[int]] = [[] for _ in range(batch)]
        ended = [False] * batch
        for _ in range(MAX_TOKENS):
            state, hidden = self.cell(torch.cat([self.embed(token), injected], -1), hidden)
            token = self.out(state).argmax(-1)
            for row, value in enumerate(token[:, 0].tolist()):
                if not ended[row]:
                    rows[row].append(value)
                    ended[row] = value == vocabulary.end
            if all(ended):
                break
        return rows
