"""More than one environment at once is refused, with the reason."""

from __future__ import annotations

import pytest
import torch

from envs.manipulation.simpler.bench import main
from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.parallel import require_one
from harness.errors import ConfigError


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_several_at_once_need_a_gpu() -> None:
    with pytest.raises(ConfigError, match="num_envs=4 needs a CUDA device"):
        make_simpler("PutCarrotOnPlate", num_envs=4)
    with pytest.raises(ConfigError, match="num_envs=2 needs a CUDA device"):
        main(["--num-envs", "2"])


def test_the_port_is_not_batched_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(ConfigError, match="not batched"):
        require_one(2)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_a_number_that_is_none(wrong: object) -> None:
    with pytest.raises(ConfigError, match="whole number"):
        require_one(wrong)
