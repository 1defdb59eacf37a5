"""Which layers the bridge reads, and that no gradient goes back."""

from __future__ import annotations

import pytest
import torch

from agents.vla.bridge import Bridge
from harness.errors import ConfigError


@pytest.mark.parametrize(("interval", "read"), [(-1, []), (0, [3]), (1, [3, 2, 1, 0]), (2, [3, 1]), (4, [3])])
def test_layers(interval: int, read: list[int]):
    assert Bridge(4, 4, 16, 8, interval).read == read


def test_only_the_layers_it_reads_matter():
    bridge = Bridge(4, 2, 16, 8, interval=2).eval()
    hidden = [torch.randn(1, 2, 16) for _ in range(4)]
    before = bridge(hidden, 1)
    assert torch.equal(bridge([torch.zeros_like(hidden[0]), hidden[1], torch.zeros_like(hidden[2]), hidden[3]], 1), before)
    assert not torch.equal(bridge([hidden[0], torch.zeros_like(hidden[1]), hidden[2], hidden[3]], 1), before)


def test_no_gradient_goes_back():
    hidden = [torch.randn(1, 2, 16, requires_grad=True) for _ in range(4)]
    bridge = Bridge(4, 2, 16, 8, interval=1)
    bridge(hidden, 1).sum().backward()
    assert all(layer.grad is None for layer in hidden)


def test_rows_without_hidden_states_see_the_constant():
    bridge = Bridge(2, 2, 16, 8, interval=1).eval()
    hidden = [torch.randn(2, 2, 16) for _ in range(2)]
    out = bridge(hidden, 2, torch.tensor([True, False]))
    assert torch.equal(out[1], bridge.nothing)
    assert not torch.equal(out[0], bridge.nothing)


def test_an_impossible_interval():
    with pytest.raises(ConfigError, match="interval 9"):
        Bridge(4, 4, 16, 8, 9)
