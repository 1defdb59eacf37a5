"""Autoregressive decoding with a causal transformer and a cache of keys and values, as VLAs decode that say their actions with their language model (RT-2, OpenVLA; the baseline of SpanVLA, arXiv 2604.19710)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.vla.action_decoder import ACTION, HORIZON
from agents.vla.action_tokens import BINS, to_chunk, to_tokens, token_loss

Cache = list[tuple[Tensor, Tensor]]


class _CausalLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, past: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """``x`` (B, S, W): all tokens without a ``past``, else the next one. Also returns keys and values (B, H, S, W / H) so far."""
        batch, length, width = x.shape
        query, key, value = self.project(self.norms[0](x)).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        seen = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=past is None)
        x = x + self.merge(seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.feed(self.norms[1](x)), (key, value)


class TokenDecoder(nn.Module):
    """Reads the condition as its first token."""

    def __init__(self, condition: int, width: int = 128, layers: int = 2, heads: int = 4, horizon: int = HORIZON) -> None:
        super().__init__()
        self.start = nn.Linear(condition, width)
        self.embed = nn.Embedding(BINS, width)
        self.place = nn.Parameter(torch.randn(horizon * ACTION, width) * 0.1)
        self.layers = nn.ModuleList(_CausalLayer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, BINS)

    def _run(self, x: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        kept: Cache = []
        for number, layer in enumerate(self.layers):
            x, past = layer(x, None if cache is None else cache[number])
            kept.append(past)
        return self.out(self.norm(x)), kept

    def loss(self, condition: Tensor, chunk: Tensor, valid: Tensor, history: Tensor) -> Tensor:
        targets = to_tokens(chunk)
        inputs = torch.cat([self.start(condition).unsqueeze(1), self.embed(targets[:, :-1])], 1) + self.place
        return token_loss(self._run(inputs, None)[0], targets, valid)

    def decode(self, condition: Tensor, noise: Tensor, history: Tensor) -> Tensor:
        x, cache, decoded = self.start(condition).unsqueeze(1), None, []
        for index in range(len(self.place)):
            logits, cache = self._run(x + self.place[index], cache)
            token = logits.argmax(-1)  # (B, 1)
            decoded.append(token)
            x = self.embed(token)
        return to_chunk(torch.cat(decoded, 1))
