"""The decoders learn a small problem, and mask what does not count."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from agents.vla.action_tokens import BINS, to_chunk, to_tokens
from agents.vla.flow_decoder import FlowDecoder
from agents.vla.gru_decoder import GruDecoder
from agents.vla.l1_decoder import L1Decoder
from agents.vla.token_decoder import TokenDecoder
from harness.errors import ConfigError

MADE = {
    "flow": lambda: FlowDecoder(16, steps=4, width=64, blocks=2),
    "history": lambda: FlowDecoder(16, steps=4, source="history", width=64, blocks=2),
    "tokens": lambda: TokenDecoder(16, width=64),
    "gru": lambda: GruDecoder(16, width=64),
    "l1": lambda: L1Decoder(16, width=64),
}


@pytest.mark.parametrize("name", sorted(MADE))
def test_learns_two_motions(name: str):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    decoder = MADE[name]()
    conditions = torch.randn(2, 16)
    chunks = torch.stack([torch.full((8, 7), 0.6), torch.full((8, 7), -0.4)])
    valid, history = torch.ones(2, 8), torch.zeros(2, 7)
    optimiser = torch.optim.Adam(decoder.parameters(), lr=3e-3)
    for _ in range(250):
        loss = decoder.loss(*(x.repeat(32, *[1] * (x.dim() - 1)) for x in (conditions, chunks, valid, history)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        decoded = decoder.decode(conditions, torch.randn(2, 8, 7), history)
    assert float((decoded - chunks).abs().mean()) < 0.15


@pytest.mark.parametrize("name", sorted(MADE))
def test_what_is_not_valid_does_not_count(name: str):
    decoder: Any = MADE[name]()
    condition, history = torch.randn(1, 16), torch.zeros(1, 7)
    valid = torch.tensor([[1.0] * 4 + [0.0] * 4])

    def loss(tail: float) -> float:
        torch.manual_seed(0)
        chunk = torch.cat([torch.full((1, 4, 7), 0.2), torch.full((1, 4, 7), tail)], 1)
        return float(decoder.loss(condition, chunk, valid, history).detach())

    if name in ("tokens", "gru", "l1"):  # the flow sees the whole noisy chunk; its loss alone is masked
        assert loss(0.3) == pytest.approx(loss(0.9), abs=1e-6)
    torch.manual_seed(0)
    assert float(decoder.loss(condition, torch.rand(1, 8, 7), torch.zeros(1, 8), history).detach()) == 0.0


def test_tokens_are_fine_enough():
    values = torch.linspace(-1.19, 1.19, 56).view(1, 8, 7)
    back = to_chunk(to_tokens(values))
    assert float((back - values).abs().max()) <= 1.2 / BINS + 1e-6


def test_history_starts_near_the_last_action():
    decoder = FlowDecoder(16, source="history", width=64, blocks=1)
    begin = decoder.begin(torch.zeros(1, 8, 7), torch.full((1, 7), 0.7))
    assert torch.equal(begin, torch.full((1, 8, 7), 0.7))


@pytest.mark.parametrize(("arguments", "said"), [({"steps": 0}, "at least one"), ({"source": "past"}, "past")])
def test_impossible_flows(arguments: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        FlowDecoder(16, **arguments)


def test_the_cache_changes_nothing():
    torch.manual_seed(1)
    decoder = TokenDecoder(16, width=64).eval()
    condition = torch.randn(2, 16)
    with torch.no_grad():
        decoded = to_tokens(decoder.decode(condition, torch.zeros(2, 8, 7), torch.zeros(2, 7)))
        whole = torch.cat([decoder.start(condition).unsqueeze(1), decoder.embed(decoded[:, :-1])], 1) + decoder.place
        logits, _ = decoder._run(whole, None)
    assert (logits.argmax(-1) == decoded).float().mean() > 0.98  # equal but for rounding at ties
