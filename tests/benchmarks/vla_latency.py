"""What one call of the shipped policy costs, batched and decoded in four ways; one thread, all sides in one run."""

from __future__ import annotations

from time import perf_counter
from typing import Literal, cast

import numpy as np
import torch

from agents.vla.flow_decoder import FlowDecoder
from agents.vla.gru_decoder import GruDecoder
from agents.vla.l1_decoder import L1Decoder
from agents.vla.policy import VlaPolicy
from agents.vla.token_decoder import TokenDecoder
from tests.agents.vla.made_request import made_request
from tests.benchmarks.measurement import Measurement, repeat

_CALLS = 12


def measure(repetitions: int) -> list[Measurement]:
    policy = VlaPolicy("st4vla-tabletop")
    expert = policy.model.expert
    width = expert.conditioning.width  # the time does not depend on the weights
    others = {"tokens": TokenDecoder(width), "gru": GruDecoder(width), "l1": L1Decoder(width)}
    requests = [made_request(seed, size=256) for seed in range(8)]
    condition, noise, history = torch.randn(1, expert.conditioning.width), torch.randn(1, 8, 7), torch.zeros(1, 7)

    def seconds(call) -> float:
        times = []
        for _ in range(_CALLS):
            begin = perf_counter()
            call()
            times.append(perf_counter() - begin)
        return float(np.median(times))

    @torch.inference_mode()
    def once() -> dict[str, float]:
        single = seconds(lambda: policy.infer(requests[:1]))
        batched = seconds(lambda: policy.infer(requests))
        found = {"call, batch 1 (ms)": single * 1000, "throughput at 8 over single": 8 * single / batched}
        stages = policy.infer(requests[:1])[0].thought.seconds
        found |= {f"stage {name} (ms)": value * 1000 for name, value in stages.items()}
        flow = cast(FlowDecoder, expert.decoders["flow"])
        before = flow.steps
        for steps in (1, 2, 4, 10):
            flow.steps = steps
            found[f"flow, {steps} steps (ms)"] = seconds(lambda: flow.decode(condition, noise, history)) * 1000
        flow.steps = before
        long = FlowDecoder(width, horizon=16)
        noise16 = torch.randn(1, 16, 7)
        found["flow, 4 steps, chunk of 16 (ms)"] = seconds(lambda: long.decode(condition, noise16, history)) * 1000
        tokens16 = TokenDecoder(width, horizon=16)
        found["tokens, chunk of 16 (ms)"] = seconds(lambda: tokens16.decode(condition, noise16, history)) * 1000
        for name, decoder in others.items():
            found[f"{name} (ms)"] = seconds(lambda decoder=decoder: decoder.decode(condition, noise, history)) * 1000
        found["tokens over flow, 4 steps"] = found["tokens (ms)"] / found["flow, 4 steps (ms)"]
        return found

    found, load = repeat(repetitions, once)
    targets: dict[str, tuple[float, Literal["higher", "lower"]]] = {
        "call, batch 1 (ms)": (20.0, "lower"),
        "throughput at 8 over single": (3.0, "higher"),
        "tokens over flow, 4 steps": (5.0, "higher"),
    }
    return [
        Measurement(
            "vla_latency",
            name,
            "ms" if "(ms)" in name else "x",
            tuple(values),
            load,
            target=targets[name][0] if name in targets else None,
            better=targets[name][1] if name in targets else "higher",
            note="one thread",
        )
        for name, values in found.items()
    ]
