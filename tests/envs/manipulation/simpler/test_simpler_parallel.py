"""What can be asked for at once: any whole number of environments, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import pytest
import torch

from envs.manipulation.simpler.bench import main
from envs.manipulation.simpler.make import make_simpler, make_simpler_vector
from envs.manipulation.simpler.parallel import GPU_BACKENDS, require_cpu_physics, share_out
from envs.registration import register_envs
from harness.errors import ConfigError, GauntletError

MAKERS = [make_simpler, make_simpler_vector]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2", None])
@pytest.mark.parametrize("make", MAKERS)
def test_a_number_of_environments_that_is_none(make: Callable[..., Any], wrong: object) -> None:
    with pytest.raises(ConfigError, match=r"num_envs=.*whole number, at least 1"):
        make("PutCarrotOnPlate", num_envs=wrong)


@pytest.mark.parametrize(("wrong", "name"), [(["--num-envs", "0"], "num_envs=0"), (["--num-envs", "-1"], "num_envs=-1")])
def test_the_bench_refuses_it_too(wrong: list[str], name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} .*whole number, at least 1"):
        main(wrong)


def test_one_environment_cannot_be_several() -> None:
    register_envs()
    with pytest.raises(ConfigError, match=r"num_envs=4: this makes one environment \[use gymnasium\.make_vec"):
        gym.make("simpler/PutCarrotOnPlate-v0", num_envs=4)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("backend", [*GPU_BACKENDS, "cuda:1"])
@pytest.mark.parametrize("make", MAKERS)
def test_physics_on_a_gpu_that_is_not_there(make: Callable[..., Any], backend: str) -> None:
    with pytest.raises(ConfigError, match=f"sim_backend={backend} needs a CUDA device, and torch finds none"):
        make("PickCokeCan", sim_backend=backend)


def test_physics_is_not_batched_on_a_gpu_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(ConfigError, match="not batched on the GPU") as raised:
        require_cpu_physics("gpu")
    assert "\n" not in str(raised.value)


def test_an_unknown_place_for_physics() -> None:
    with pytest.raises(ConfigError, match=r"unknown sim_backend 'gpuu' .*did you mean gpu"):
        require_cpu_physics("gpuu")
    require_cpu_physics("cpu")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"task": "PutCarrot"}, "unknown SIMPLER task"),
        ({"task": "PutCarrotOnPlate", "defaults": {"episode_id": 1}}, "takes no defaults"),
        ({"task": "PutCarrotOnPlate", "render_backend": "tpu"}, "unknown render_backend"),
        ({"task": "PutCarrotOnPlate", "assets": "/nowhere"}, "/nowhere"),
    ],
)
def test_what_can_be_known_beforehand_is_said_before_a_process_starts(wrong: dict[str, Any], error: str) -> None:
    with pytest.raises(GauntletError, match=error) as raised:
        make_simpler_vector(num_envs=2, **wrong)
    assert "sub-environment" not in str(raised.value)


def test_workers_share_the_environments() -> None:
    assert share_out(5, 2) == [[0, 2, 4], [1, 3]]
    assert share_out(2, 8) == [[0], [1]], "no worker without work"
    assert sorted(index for share in share_out(40, None) for index in share) == list(range(40))
