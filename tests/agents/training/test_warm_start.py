"""What is taken over from other weights, and what is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from agents.training.warm_start import warm_start
from agents.vla.model import ModelConfig, VlaModel
from agents.vla.vocabulary import LOCATIONS, SPECIAL
from agents.vla.weights import save_model

PROJECTION = ((0.5, 1.1, -0.1, 0.2), (0.2, 0.1, -1.0, 0.8), (-0.5, 0.0, -0.4, 1.2))
CONFIG = ModelConfig(("cube", "put", "red"), ("put_on", "pick"), ("grasp", "reach"), PROJECTION, "third_person")


def _saved(tmp_path: Path, config: ModelConfig) -> tuple[VlaModel, str]:
    torch.manual_seed(1)
    model = VlaModel(config).eval()
    save_model(model, tmp_path / "model.safetensors")
    return model, str(tmp_path)


def test_the_same_model_with_more_decoders_decodes_as_before(tmp_path: Path):
    source, weights = _saved(tmp_path, CONFIG)
    model = VlaModel(replace(CONFIG, decoders=("flow", "l1"))).eval()
    assert warm_start(model, weights) > 50
    for name, tensor in source.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], tensor, atol=2e-3, rtol=2e-3)  # stored in half precision


def test_words_keep_their_meaning_and_classes_their_own(tmp_path: Path):
    source, weights = _saved(tmp_path, CONFIG)
    torch.manual_seed(2)
    model = VlaModel(replace(CONFIG, words=("carrot", "put"), families=("stack", "put_on"), camera="3rd_view_camera"))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    warm_start(model, weights, "reasoner")
    after = model.state_dict()
    first = len(SPECIAL) + LOCATIONS
    torch.testing.assert_close(after["reasoner.words.weight"][first + 1], source.reasoner.words.weight[first + 1], atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(after["reasoner.words.weight"][first], before["reasoner.words.weight"][first])
    torch.testing.assert_close(after["reasoner.family.weight"], before["reasoner.family.weight"])
    assert not torch.equal(after["reasoner.query"], before["reasoner.query"])
    assert all(torch.equal(after[name], before[name]) for name in after if name.startswith("expert."))
    assert np.isfinite(float(after["reasoner.query"].sum()))
