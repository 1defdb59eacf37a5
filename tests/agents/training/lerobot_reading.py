"""Reads a dataset with lerobot itself and writes what it read. Runs in the interpreter of an environment with lerobot: ``python lerobot_reading.py FOLDER OUT.npz [FRAMES]``; lerobot and its dependencies alone are imported.

OUT.npz: ``item.<feature>`` (n, ...) of every item (of FRAMES evenly spread ones), ``task`` and ``subtask`` (n,), ``chunk`` and ``chunk_pad`` with two actions ahead, ``subset.*`` of the last episode alone,
``batch`` the shape of a DataLoader's batch of images, ``policy`` the features that lerobot would give to a policy, ``stats.<feature>.<statistic>`` as lerobot computes them for episode 0, ``versions``.
"""

import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

# by name: they are not in the environment that the types of this file are checked in
LeRobotDataset = import_module("lerobot.datasets.lerobot_dataset").LeRobotDataset
compute_episode_stats = import_module("lerobot.datasets.compute_stats").compute_episode_stats
dataset_to_policy_features = import_module("lerobot.datasets.utils").dataset_to_policy_features

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
data = LeRobotDataset("gauntlet/demonstrations", root=folder, video_backend="pyav")
at_most = int(sys.argv[3]) if len(sys.argv) > 3 else len(data)
chosen = np.unique(np.linspace(0, len(data) - 1, min(at_most, len(data))).round().astype(int)).tolist()
items = [data[index] for index in chosen]
found: dict[str, Any] = {"chosen": np.array(chosen), "length": np.array(len(data))}
for name in data.features:
    found[f"item.{name}"] = torch.stack([item[name] for item in items]).numpy()
found["task"] = np.array([item["task"] for item in items])
found["subtask"] = np.array([item["subtask"] for item in items])

ahead = LeRobotDataset(
    "gauntlet/demonstrations", root=folder, video_backend="pyav", delta_timestamps={"action": [0.0, 1 / data.fps, 2 / data.fps]}
)
chunks = [ahead[index] for index in chosen]
found["chunk"] = torch.stack([item["action"] for item in chunks]).numpy()
found["chunk_pad"] = torch.stack([item["action_is_pad"] for item in chunks]).numpy()

last = data.num_episodes - 1
subset = LeRobotDataset("gauntlet/demonstrations", root=folder, video_backend="pyav", episodes=[last])
found["subset.index"] = np.array([subset[index]["index"].item() for index in range(len(subset))])
camera = data.meta.camera_keys[0]
found["subset.image"] = subset[0][camera].numpy()
batch = next(iter(torch.utils.data.DataLoader(data, batch_size=4)))
found["batch"] = np.array(batch[camera].shape)
found["policy"] = np.array(sorted(dataset_to_policy_features(data.features)))

end = data.meta.episodes[0]["dataset_to_index"]
numbers = {name: feature for name, feature in data.features.items() if feature["dtype"] != "video"}
table = data.hf_dataset.with_format("numpy")[:end]
for name, statistics in compute_episode_stats({name: np.asarray(table[name]) for name in numbers}, numbers).items():
    for statistic, value in statistics.items():
        found[f"stats.{name}.{statistic}"] = value
found["global"] = data.meta.stats["action"]["mean"]
found["episodes"] = np.array([f"{row['gauntlet/task']} {row['gauntlet/seed']} {row['length']}" for row in data.meta.episodes])
found["versions"] = np.array([f"{package} {version(package)}" for package in ("lerobot", "torch", "torchvision", "datasets", "av")])
np.savez(out, **found)
