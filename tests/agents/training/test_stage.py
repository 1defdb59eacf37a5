"""An interrupted stage ends as an uninterrupted one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from agents.training.stage import run_stage
from harness.errors import StoreError


class Interrupted(Exception):
    pass


def _train(out: Path, stop_at: int | None = None, width: int = 3) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(width, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))

    def step(number: int, rng: np.random.Generator):
        if number == stop_at:
            raise Interrupted
        x = torch.from_numpy(rng.standard_normal((16, width), np.float32)) + 0.1 * torch.randn(16, width)
        loss = ((model(x) - x.sum(1, keepdim=True)) ** 2).mean()
        return loss, {"loss": float(loss.detach())}

    run_stage("toy", model, list(model.parameters()), step, 30, out, rate=1e-2, seed=4, every=10)
    return model.state_dict()


def test_resumed_is_uninterrupted(tmp_path: Path):
    whole = _train(tmp_path / "whole")
    with pytest.raises(Interrupted):
        _train(tmp_path / "parts", stop_at=17)
    resumed = _train(tmp_path / "parts")
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, atol=0, rtol=0)


def test_logs_and_checkpoint_are_written(tmp_path: Path):
    _train(tmp_path)
    assert (tmp_path / "toy.pt").is_file()
    assert not (tmp_path / "toy.part").exists()
    assert list((tmp_path / "logs" / "toy").glob("events.out.tfevents.*"))


def test_a_checkpoint_of_another_model(tmp_path: Path):
    _train(tmp_path)
    with pytest.raises(StoreError, match="does not fit"):
        _train(tmp_path, width=5)
    (tmp_path / "toy.pt").write_bytes((tmp_path / "toy.pt").read_bytes()[:200])
    with pytest.raises(StoreError, match="does not fit"):
        _train(tmp_path)
