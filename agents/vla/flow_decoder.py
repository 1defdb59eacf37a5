"""Rectified flow: from a source (noise, or the last action repeated, as SpanVLA's history) to the chunk in a few Euler steps."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from agents.vla.action_decoder import ACTION, HORIZON
from harness.errors import ConfigError, did_you_mean

SOURCES = ("noise", "history")
_HISTORY_NOISE = 0.2  # standard deviation on the history source: without it the flow has nothing to learn from at t = 0


def _time_features(t: Tensor, size: int = 32) -> Tensor:
    frequencies = torch.exp(torch.linspace(0.0, math.log(100.0), size // 2, device=t.device))
    angles = t.unsqueeze(-1) * frequencies
    return torch.cat([angles.sin(), angles.cos()], -1)


class _Block(nn.Module):
    """A residual MLP whose normalisation is set by the condition (AdaLN)."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulate = nn.Linear(condition, 3 * width)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift, scale, gate = self.modulate(condition).chunk(3, -1)
        return x + (1 + gate) * self.feed(self.norm(x) * (1 + scale) + shift)


class FlowDecoder(nn.Module):
    """Args: steps: Euler steps at inference; source: "noise" or "history"; horizon: actions a chunk."""

    def __init__(
        self, condition: int, steps: int = 4, source: str = "noise", width: int = 224, blocks: int = 4, horizon: int = HORIZON
    ) -> None:
        super().__init__()
        if source not in SOURCES:
            raise ConfigError(f"flow source {source!r}", did_you_mean(source, SOURCES))
        if steps < 1:
            raise ConfigError(f"flow steps={steps}", "take at least one Euler step")
        self.steps, self.source = steps, source
        self.enter = nn.Linear(horizon * ACTION, width)
        self.time = nn.Sequential(nn.Linear(32, condition), nn.SiLU())
        self.blocks = nn.ModuleList(_Block(width, condition) for _ in range(blocks))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, horizon * ACTION))

    def velocity(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """(B, T, ACTION) at time ``t`` (B,) in [0, 1]; 0 is the source."""
        mixed = torch.nn.functional.silu(condition + self.time(_time_features(t)))
        state = self.enter(x.flatten(1))
        for block in self.blocks:
            state = block(state, mixed)
        return self.leave(state).view_as(x)

    def begin(self, noise: Tensor, history: Tensor) -> Tensor:
        return noise if self.source == "noise" else history.unsqueeze(1) + _HISTORY_NOISE * noise

    def loss(self, condition: Tensor, chunk: Tensor, valid: Tensor, history: Tensor) -> Tensor:
        begin = self.begin(torch.randn_like(chunk), history)
        t = torch.rand(len(chunk), device=chunk.device)
        x = begin + t[:, None, None] * (chunk - begin)
        error = (self.velocity(x, t, condition) - (chunk - begin)) ** 2
        return (error.mean(-1) * valid).sum() / valid.sum().clamp(min=1)

    def decode(self, condition: Tensor, noise: Tensor, history: Tensor) -> Tensor:
        x = self.begin(noise, history)
        for step in range(self.steps):
            t = torch.full((len(x),), step / self.steps, device=x.device)
            x = x + self.velocity(x, t, condition) / self.steps
        return x
