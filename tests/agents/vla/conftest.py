"""A small untrained policy of the shipped architecture, saved as weights; and requests like the tabletop suite's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.vla.model import ModelConfig, VlaModel
from agents.vla.weights import save_model
from harness.policy import Request
from tests.agents.vla.made_request import made_request

# A camera 1.2 m in front of the base, 0.8 m up, looking back and down: rows as in agents/vla/geometry.py.
_INTRINSIC = np.array([[1.1, 0.0, 0.5], [0.0, 1.1, 0.5], [0.0, 0.0, 1.0]])
_LOOK = np.array([[0.0, 1.0, 0.0], [0.6, 0.0, -0.8], [-0.8, 0.0, -0.6]])
PROJECTION = _INTRINSIC @ np.concatenate([_LOOK, -_LOOK @ np.array([[1.2], [0.0], [0.8]])], 1)
CONFIG = ModelConfig(
    words=("blue", "cube", "grasp", "green", "on", "pick", "plate", "put", "reach", "red", "the", "up"),
    families=("put_on", "pick"),
    subtasks=("grasp", "reach"),
    projection=tuple(tuple(float(x) for x in row) for row in PROJECTION),
    camera="third_person",
    decoders=("flow", "tokens", "gru", "l1"),
)


@pytest.fixture(scope="session")
def model() -> VlaModel:
    torch.manual_seed(3)
    made = VlaModel(CONFIG).eval()
    for name, parameter in made.named_parameters():
        if "modulate" in name:  # these begin at zero, where the condition says nothing yet
            torch.nn.init.normal_(parameter, std=0.2)
    return made


@pytest.fixture(scope="session")
def weights(model: VlaModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    save_model(model, path)
    return path


@pytest.fixture
def request_of() -> Callable[..., Request]:
    return made_request
