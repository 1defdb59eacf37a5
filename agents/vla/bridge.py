"""Carries the reasoner's hidden states to the action expert: SpanVLA's interval of layers. No gradient goes back, but in the vanilla policy."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness.errors import ConfigError


class Bridge(nn.Module):
    """(B, Q, D) of each layer -> (B, ``out``). ``interval``: 1 reads every layer, 2 every second one, counted from the last; 0 the last alone; -1 none (the output is a learned constant).

    ``dropout``: in training, the share of samples that see the constant instead. ``gradient``: let the gradient of the action back into the reasoner: what a policy without grounding learns from.
    """

    def __init__(
        self, layers: int, queries: int, width: int, out: int = 128, interval: int = 2, dropout: float = 0.3, gradient: bool = False
    ) -> None:
        super().__init__()
        if interval < -1 or interval > layers:
            raise ConfigError(f"bridge interval {interval}", f"give -1 (none), 0 (last layer) or 1 to {layers}")
        self.read = [] if interval == -1 else [layers - 1] if interval == 0 else list(range(layers - 1, -1, -interval))
        self.dropout, self.gradient = dropout, gradient
        self.squeeze = nn.ModuleList(nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 24)) for _ in self.read)
        self.out = nn.Sequential(nn.Linear(24 * queries * max(1, len(self.read)), out), nn.GELU(), nn.Linear(out, out))
        self.nothing = nn.Parameter(torch.zeros(out))

    def forward(self, hidden: list[Tensor] | None, batch: int, known: Tensor | None = None) -> Tensor:
        """``known`` (B,) bool: rows whose hidden states are there."""
        nothing = self.nothing.expand(batch, -1)
        if hidden is None or not self.read:
            return nothing
        squeezed = [
            squeeze(hidden[layer] if self.gradient else hidden[layer].detach()).flatten(1)
            for squeeze, layer in zip(self.squeeze, self.read)
        ]
        out = self.out(torch.cat(squeezed, 1))
        if known is not None:
            out = torch.where(known.unsqueeze(1), out, nothing)
        if self.training and self.dropout:
            keep = torch.rand(batch, 1, device=out.device) >= self.dropout
            out = torch.where(keep, out, nothing)
        return out
