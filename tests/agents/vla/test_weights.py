"""Weights that are missing, cut short, changed or of another architecture are refused in one line, before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from agents.vla.model import ModelConfig, VlaModel
from agents.vla.policy import VlaPolicy
from agents.vla.weights import SHIPPED, digest, load_model, save_model, weights_path
from harness.errors import AgentError


def _parts(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    with safe_open(str(path), "pt") as file:
        return {name: file.get_tensor(name) for name in sorted(file.keys())}, dict(file.metadata())


def test_what_is_saved_is_loaded(weights: Path, model: VlaModel):
    loaded, found = load_model(weights)
    assert loaded.config == model.config
    assert found == _parts(weights)[1]["digest"]
    for name, value in model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, atol=2e-3, rtol=2e-3)


def test_saving_twice_gives_one_digest(weights: Path, model: VlaModel, tmp_path: Path):
    assert save_model(model, tmp_path / "again.safetensors") == _parts(weights)[1]["digest"]


def test_saving_again_gives_equal_bytes(model: VlaModel, tmp_path: Path):
    """safetensors orders its metadata at random."""
    files = set()
    for _ in range(8):
        save_model(model, tmp_path / "model.safetensors")
        files.add((tmp_path / "model.safetensors").read_bytes())
    assert len(files) == 1


def test_weights_that_were_trained_here_are_found_by_name(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = tmp_path / "outputs" / "train" / "mine" / "weights" / "model.safetensors"
    made.parent.mkdir(parents=True)
    made.write_bytes(weights.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert weights_path("mine").resolve() == made


def test_missing_weights_name_the_cure():
    with pytest.raises(AgentError, match=r"st4vla-tabletp.*missing.*gauntlet train"):
        VlaPolicy("st4vla-tabletp")


def test_truncated_weights(weights: Path, tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(AgentError, match="cannot be read"):
        VlaPolicy(str(path))
    path.write_bytes(b"")
    with pytest.raises(AgentError, match="cannot be read"):
        VlaPolicy(str(path))


def test_one_changed_number_is_noticed(weights: Path, tmp_path: Path):
    tensors, metadata = _parts(weights)
    tensors["reasoner.query"][0, 0] += 1
    save_file(tensors, str(tmp_path / "m.safetensors"), metadata)
    with pytest.raises(AgentError, match="hash"):
        load_model(tmp_path / "m.safetensors")


def test_another_architecture_is_named(weights: Path, tmp_path: Path):
    tensors, metadata = _parts(weights)
    path = tmp_path / "m.safetensors"
    del tensors["reasoner.query"]
    save_file(tensors, str(path), {**metadata, "digest": digest(tensors)})
    with pytest.raises(AgentError, match=r"do not fit.*query"):
        load_model(path)
    save_file(tensors, str(path), {"config": json.dumps({"depth": 3}), "digest": digest(tensors)})
    with pytest.raises(AgentError, match="another architecture"):
        load_model(path)
    save_file(tensors, str(path), {})
    with pytest.raises(AgentError, match="not of st4vla"):
        load_model(path)


def test_a_newer_format_is_refused(weights: Path, tmp_path: Path):
    tensors, metadata = _parts(weights)
    newer = json.dumps({**json.loads(metadata["config"]), "format": 99})
    save_file(tensors, str(tmp_path / "m.safetensors"), {**metadata, "config": newer})
    with pytest.raises(AgentError, match="format 99"):
        load_model(tmp_path / "m.safetensors")


def test_the_configuration_survives_json(model: VlaModel):
    assert ModelConfig.from_json(json.loads(json.dumps(model.config.to_json()))) == model.config


@pytest.mark.parametrize("name", sorted(folder.name for folder in SHIPPED.iterdir()) if SHIPPED.is_dir() else [])
def test_shipped_weights_load_and_match_their_card(name: str):
    path = weights_path(name)
    model, found = load_model(path)
    assert path.stat().st_size < 12e6
    assert sum(p.numel() for p in model.parameters()) < 6e6
    facts = json.loads((path.parent / "facts.json").read_text())
    assert facts["digest"] == found
    assert facts["seeds"][1] < 1_000_000
    assert found[:12] in (path.parent / "README.md").read_text()
