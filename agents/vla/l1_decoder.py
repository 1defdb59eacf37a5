"""Direct regression of the chunk with an L1 loss, in one pass."""

from __future__ import annotations

from torch import Tensor, nn

from agents.vla.action_decoder import ACTION, HORIZON


class L1Decoder(nn.Module):
    def __init__(self, condition: int, width: int = 320, horizon: int = HORIZON) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.SiLU(), nn.Linear(condition, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, horizon * ACTION)
        )

    def loss(self, condition: Tensor, chunk: Tensor, valid: Tensor, history: Tensor) -> Tensor:
        error = (self.decode(condition, chunk, history) - chunk).abs().mean(-1)
        return (error * valid).sum() / valid.sum().clamp(min=1)

    def decode(self, condition: Tensor, noise: Tensor, history: Tensor) -> Tensor:
        return self.body(condition).unflatten(1, (-1, ACTION))
