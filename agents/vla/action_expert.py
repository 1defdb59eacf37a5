"""System 1: prompt, proprioception and the bridged hidden states in, a chunk of actions out."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from agents.vla.action_decoder import ACTION, HORIZON, ActionDecoder
from agents.vla.bridge import Bridge
from agents.vla.conditioning import Conditioning
from agents.vla.flow_decoder import FlowDecoder
from agents.vla.gru_decoder import GruDecoder
from agents.vla.l1_decoder import L1Decoder
from agents.vla.spatial_prompt import Prompt
from agents.vla.token_decoder import TokenDecoder
from harness.errors import ConfigError, did_you_mean

DECODERS: dict[str, type[nn.Module]] = {"flow": FlowDecoder, "tokens": TokenDecoder, "gru": GruDecoder, "l1": L1Decoder}
ACTION_SCALE = (0.05, 0.05, 0.05, 0.35, 0.35, 0.35, 1.0)  # m, rad, gripper: what 1 means in a normalised chunk

_LARGEST = 1.4  # normalised: 0.07 m and 0.49 rad a step, within what the suites allow


class ActionExpert(nn.Module):
    """``decoders``: those it has weights for. Which one answers is a matter of :meth:`act`'s argument."""

    scale: Tensor

    def __init__(
        self,
        conditioning: Conditioning,
        bridge: Bridge,
        bridged: int,
        decoders: tuple[str, ...] = ("flow",),
        source: str = "noise",
        horizon: int = HORIZON,
    ) -> None:
        super().__init__()
        for name in decoders:
            if name not in DECODERS:
                raise ConfigError(f"unknown action decoder {name!r}", did_you_mean(name, DECODERS))
        self.conditioning, self.bridge = conditioning, bridge
        self.merge = nn.Linear(conditioning.width + bridged, conditioning.width)
        made = {
            name: DECODERS[name](conditioning.width, horizon=horizon, **({"source": source} if name == "flow" else {})) for name in decoders
        }
        self.decoders = nn.ModuleDict(made)
        self.register_buffer("scale", torch.tensor(ACTION_SCALE))

    def decoder(self, name: str) -> ActionDecoder:
        """Raises ConfigError if these weights have no such decoder."""
        if name not in self.decoders:
            raise ConfigError(
                f"these weights have no {name!r} action decoder",
                f"{did_you_mean(name, self.decoders.keys())}; or train one: gauntlet train --decoders {name}",
            )
        return cast(ActionDecoder, self.decoders[name])

    def condition(self, prompt: Prompt, state: Tensor, hidden: list[Tensor] | None, known: Tensor | None = None) -> Tensor:
        """(B, W). ``known`` (B,) bool: rows with hidden states."""
        bridged = self.bridge(hidden, len(state), known)
        return self.merge(torch.cat([self.conditioning(prompt, state), bridged], 1))

    def normalise(self, actions: Tensor) -> Tensor:
        return actions / self.scale

    def act(self, condition: Tensor, noise: Tensor, history: Tensor, decoder: str = "flow") -> Tensor:
        """(B, T, 7) in the units of the environment (m, rad, gripper -1 or 1). ``history`` (B, 7): the last action, in the same units."""
        chunk = self.decoder(decoder).decode(condition, noise, self.normalise(history))
        actions = chunk.clamp(-_LARGEST, _LARGEST) * self.scale
        gripper = torch.where(actions[..., 6:] >= 0, 1.0, -1.0)
        return torch.cat([actions[..., : ACTION - 1], gripper], -1)
