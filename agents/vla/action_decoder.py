"""What turns the action expert's condition into a chunk of actions: three ways behind one interface."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

HORIZON = 8  # actions a chunk, unless the configuration says otherwise: T below
ACTION = 7


class ActionDecoder(Protocol):
    """Chunks are normalised: (B, T, ACTION), each component about in [-1, 1]."""

    def loss(self, condition: Tensor, chunk: Tensor, valid: Tensor, history: Tensor) -> Tensor:
        """Scalar. ``valid`` (B, T) says which actions count; ``history`` (B, ACTION) is the action before the chunk."""
        ...

    def decode(self, condition: Tensor, noise: Tensor, history: Tensor) -> Tensor:
        """``noise`` (B, T, ACTION) standard normal, drawn per request."""
        ...
