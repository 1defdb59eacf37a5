"""The whole policy network, made from a plain configuration that is stored with its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from agents.vla.action_decoder import HORIZON
from agents.vla.action_expert import ActionExpert
from agents.vla.bridge import Bridge
from agents.vla.conditioning import Conditioning
from agents.vla.reasoner import GroundedReasoner
from agents.vla.vocabulary import Vocabulary

FORMAT = 1  # of the architecture: raised when old weights no longer fit


@dataclass(frozen=True)
class ModelConfig:
    """Everything that the shapes of the weights follow from.

    ``projection``: 3 rows of 4 (see :mod:`agents.vla.geometry`), or one such for each view where the tasks are seen by cameras in several places; then ``family_views``: the view of each family. ``crop``: the part of the
    camera's image that the policy sees (left, top, right, bottom as shares of its width and height; empty: all). ``horizon``: actions a chunk.
    """

    words: tuple[str, ...]
    families: tuple[str, ...]
    subtasks: tuple[str, ...]
    projection: tuple[Any, ...]
    camera: str
    width: int = 128
    layers: int = 4
    bridge_interval: int = 2
    bridge_out: int = 96
    decoders: tuple[str, ...] = ("flow",)
    flow_source: str = "noise"
    prompted: bool = True
    """False: the vanilla policy, trained without a spatial prompt."""
    family_views: tuple[int, ...] = ()
    crop: tuple[float, ...] = ()
    horizon: int = HORIZON
    format: int = field(default=FORMAT)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelConfig:
        return cls(**{name: nested_tuple(value) for name, value in data.items()})


def nested_tuple(value: Any) -> Any:
    """Lists of lists as tuples of tuples."""
    return tuple(nested_tuple(each) for each in value) if isinstance(value, list) else value


class VlaModel(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = Vocabulary(config.words)
        projection = torch.tensor(config.projection, dtype=torch.float32)
        first = projection if projection.dim() == 2 else projection[0]
        self.reasoner = GroundedReasoner(self.vocabulary, config.families, config.subtasks, first, config.width, config.layers)
        conditioning = Conditioning(projection, len(config.families), len(config.subtasks), config.family_views)
        bridge = Bridge(
            self.reasoner.hidden_layers,
            self.reasoner.queries,
            self.reasoner.hidden_size,
            config.bridge_out,
            config.bridge_interval,
            dropout=0.3 if config.prompted else 0.0,
            gradient=not config.prompted,
        )
        self.expert = ActionExpert(conditioning, bridge, config.bridge_out, config.decoders, config.flow_source, config.horizon)
