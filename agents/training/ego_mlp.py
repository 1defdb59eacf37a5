"""Trains the blind baseline on generated train scenes: ``python -m agents.training.ego_mlp --out agents/driving/ego_mlp.safetensors``.

A sample is a moment of a rule-based human's drive: its own speed, acceleration and route command there, and where it was in the next four seconds. Each is used twice, the second time mirrored. Only the train split is used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.driving.ego_mlp import INPUTS, LAYERS, POSES, SHIPPED

HIDDEN = 256
STRIDE, HORIZON = 5, 40  # steps of 0.1 s
MIRROR_INPUT = np.array([1, -1, 1, -1, 1, 1, 1, 1], np.float32)
SWAP_COMMAND = np.array([0, 1, 2, 3, 6, 5, 4, 7])
MIRROR_POSE = np.array([1, -1, -1], np.float32)


def samples(scenes: int, seed: int, split: str = "train") -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n, 8) features and (n, 8, 3) poses from ``scenes`` drives of series ``seed``, and their mirror images."""
    from envs.driving.environment.scene_view import local_plan
    from scenarios.driving import scene_at
    from scenarios.driving.frames import driving_command

    inputs, targets = [], []
    for index in range(scenes):
        made = scene_at(split, seed, index)
        trace, path = made.trace, made.world.route.path
        along, _ = path.project(trace.ego)
        for row in range(0, len(trace.time) - HORIZON, STRIDE):
            speed = float(trace.speed[row])
            command = driving_command(path, float(along[row]))
            inputs.append([speed, 0.0, float(trace.acceleration[row]), speed * float(trace.yaw_rate[row]), *command])
            targets.append(local_plan(trace.ego[row + STRIDE : row + HORIZON + 1 : STRIDE], trace.ego[row]))
    x, y = np.array(inputs, np.float32), np.array(targets, np.float32)
    return np.concatenate([x, (x * MIRROR_INPUT)[:, SWAP_COMMAND]]), np.concatenate([y, y * MIRROR_POSE])


def fit(x: NDArray[np.float32], y: NDArray[np.float32], epochs: int, seed: int) -> tuple[dict[str, NDArray[np.float32]], float]:
    """The weights, and the mean distance (m) of the poses on a tenth of the samples that was not trained on."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the network is small: threads only wait for each other
    try:
        return _fit(x, y, epochs, seed)
    finally:
        torch.set_num_threads(threads)


def _fit(x: NDArray[np.float32], y: NDArray[np.float32], epochs: int, seed: int) -> tuple[dict[str, NDArray[np.float32]], float]:
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    mean, scale = x.mean(0), np.maximum(x.std(0), 1e-2)
    inputs, wanted = torch.from_numpy((x - mean) / scale), torch.from_numpy(y.reshape(len(y), -1))
    held = torch.arange(len(x)) % 10 == 9
    sizes = [INPUTS, *([HIDDEN] * (LAYERS - 1)), POSES * 3]
    layers: list[torch.nn.Module] = []
    for k in range(LAYERS):
        layers += [torch.nn.Linear(sizes[k], sizes[k + 1]), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
    train_x, train_y = inputs[~held], wanted[~held]
    batches = max(1, len(train_x) // 256)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * batches)
    for _ in range(epochs):
        for rows in torch.randperm(len(train_x), generator=generator).chunk(batches):
            loss = torch.nn.functional.l1_loss(network(train_x[rows]), train_y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        apart = (network(inputs[held]) - wanted[held]).reshape(-1, POSES, 3)[..., :2]
        error = float(torch.linalg.vector_norm(apart, dim=-1).mean())
    linear: list[Any] = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    weights = {"mean": mean, "scale": scale}
    for k, layer in enumerate(linear):
        weights[f"weight{k}"], weights[f"bias{k}"] = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    return {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}, error


def main(arguments: list[str]) -> int:
    """Train and write. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m agents.training.ego_mlp", description=__doc__)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--scenes", type=int, default=400, help="train scenes to drive through")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of the network and of the series of scenes")
    options = parser.parse_args(arguments)
    from safetensors.numpy import save_file

    began = perf_counter()
    x, y = samples(options.scenes, options.seed)
    made = perf_counter()
    weights, error = fit(x, y, options.epochs, options.seed)
    about = {
        "scenes": str(options.scenes),
        "split": "train",
        "seed": str(options.seed),
        "epochs": str(options.epochs),
        "samples": str(len(x)),
    }
    save_file(weights, options.out, metadata=about)
    print(f"{len(x)} samples of {options.scenes} scenes in {made - began:.0f} s, trained in {perf_counter() - made:.0f} s")
    print(f"held-out mean displacement {error:.3f} m; wrote {options.out} ({options.out.stat().st_size / 1000:.0f} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
