"""Records demonstrations of a suite's expert, disturbed now and then, with the truth that grounding is trained on.

One process writes shards ``<folder>/<shard>.npz`` (states and labels) and ``<shard>.images.npy`` (uint8, memory-mapped when read). Every step is kept, an image of every ``image_every``-th.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.conventions.images import resize_area
from agents.training.disturbance import Disturbance
from agents.training.domain import MAX_OBJECTS, Domain, Truth
from agents.vla.inputs import cropped

IMAGE_SIZE = 128  # pixels a side that the policy sees
RENDER_SIZE = 256  # pixels a side that the suites render; averaged down, as at evaluation
STEPS_AFTER_SUCCESS = 6


@dataclass
class Recording:
    """Columns of one episode: ``steps`` {name: list of a value per step}, ``frames`` the same per kept image."""

    task: str
    seed: int
    instruction: str
    steps: dict[str, list[Any]]
    frames: dict[str, list[Any]]
    success: bool = False


def record_episode(domain: Domain, env: Any, task: str, seed: int, image_every: int) -> Recording:
    """One episode. Its randomness comes from (task, seed) alone."""
    rng = np.random.default_rng([seed, sum(task.encode()), 7])
    observation, info = domain.begin(env, task, seed, rng)
    disturb = Disturbance(rng)
    recording = Recording(task, seed, observation["instruction"], {}, {})
    offset = int(rng.integers(image_every))
    left = STEPS_AFTER_SUCCESS
    for step in range(domain.max_steps(task)):
        truth = domain.truth(env, info)
        _append(recording.steps, _step_columns(observation, truth))
        if step % image_every == offset or step == 0:
            _append(recording.frames, {"step": step, **_frame_columns(domain, observation, info, truth)})
        action, disturbed = disturb(truth.action, step == 0)
        recording.steps.setdefault("disturbed", []).append(disturbed)
        space = env.action_space
        observation, _, _, _, info = env.step(np.clip(action, space.low, space.high))
        recording.success = bool(info["success"])
        left = left - 1 if recording.success else STEPS_AFTER_SUCCESS
        if left <= 0:
            break
    return recording


def _append(columns: dict[str, list[Any]], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        columns.setdefault(name, []).append(value)


def _step_columns(observation: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
    state = observation["state"]
    things = {thing.name: thing for thing in truth.things}
    target = things.get(truth.target)
    return {
        "eef": np.concatenate([state["eef_pos"], state["eef_quat"], state["gripper"], state["eef_target"]]).astype(np.float32),  # (15,)
        "action": truth.action.astype(np.float32),
        "source": things[truth.source].point.astype(np.float32),
        "target": np.full(3, np.nan, np.float32) if target is None else target.point.astype(np.float32),
        "place": truth.place.astype(np.float32),
        "facts": truth.facts.astype(np.float32),
        "angle": np.float32(things[truth.source].angle),
        "subtask": truth.subtask,
    }


def _frame_columns(domain: Domain, observation: Mapping[str, Any], info: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
    image = resize_area(cropped(observation["image"][domain.camera], domain.crop), (IMAGE_SIZE, IMAGE_SIZE))
    masks = info["privileged"]["masks"][domain.camera]
    labels, names = cropped(masks["labels"], domain.crop), {name: label for label, name in masks["names"].items()}
    projection = domain.projection(info)
    rows = np.full((MAX_OBJECTS, 13), np.nan, np.float32)
    row_names = [""] * MAX_OBJECTS
    for row, thing in enumerate(truth.things[:MAX_OBJECTS]):
        u, v, w = projection @ np.append(thing.point, 1.0)
        seen = labels == names.get(thing.name, -1)  # what the photograph shows has no mask
        box, area = np.full(4, np.nan), int(seen.sum())
        if area:
            ys, xs = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
            height, width = seen.shape
            box = np.array([xs[0] / width, ys[0] / height, (xs[-1] + 1) / width, (ys[-1] + 1) / height])
        rows[row] = [u / w, v / w, *box, area / seen.size, *thing.heights, thing.angle, thing.graspable, w]
        row_names[row] = thing.name
    return {"image": image, "things": rows, "names": np.array(row_names, "U24"), "roles": np.array([truth.source, truth.target], "U24")}


def save_shard(path: Path, recordings: list[Recording], projection: np.ndarray) -> None:
    """Writes one shard; the .npz last, so that a shard without one is not whole. ``projection``: (V, 3, 4) of each view."""
    path.parent.mkdir(parents=True, exist_ok=True)
    step_counts = [len(recording.steps["action"]) for recording in recordings]
    frame_counts = [len(recording.frames["image"]) for recording in recordings]
    columns: dict[str, Any] = {
        f"step.{name}": np.stack([np.asarray(value) for recording in recordings for value in recording.steps[name]])
        for name in recordings[0].steps
    }
    images = np.stack([image for recording in recordings for image in recording.frames["image"]])
    for name in recordings[0].frames:
        if name != "image":
            columns[f"frame.{name}"] = np.stack([np.asarray(value) for recording in recordings for value in recording.frames[name]])
    np.save(path.with_suffix(".images.npy"), images)
    temporary = path.with_suffix(".part.npz")
    np.savez_compressed(
        temporary,
        task=np.array([recording.task for recording in recordings]),
        seed=np.array([recording.seed for recording in recordings]),
        instruction=np.array([recording.instruction for recording in recordings]),
        success=np.array([recording.success for recording in recordings]),
        step_count=np.array(step_counts),
        frame_count=np.array(frame_counts),
        projection=projection,
        **columns,
    )
    temporary.rename(path.with_suffix(".npz"))


def record(
    domain: Domain, folder: Path, episodes: int, first_seed: int, image_every: int = 3, per_shard: int = 60, progress: Any = None
) -> int:
    """Records ``episodes`` demonstrations with seeds from ``first_seed`` on; shards already there are kept, so that an interrupted recording goes on. Returns how many were recorded now."""
    names = sorted(domain.weights)
    shares = np.array([domain.weights[name] for name in names])
    shares /= shares.sum()
    env = None
    projections = np.zeros((0, 3, 4))
    recorded = 0
    for start in range(0, episodes, per_shard):
        path = folder / f"{first_seed + start:07d}"
        if path.with_suffix(".npz").is_file():
            continue
        if env is None:
            env = domain.make(RENDER_SIZE)
            projections = _projections(domain, env, first_seed)
        recordings = []
        for seed in range(first_seed + start, first_seed + min(start + per_shard, episodes)):
            task = names[int(np.random.default_rng([seed, 11]).choice(len(names), p=shares))]
            recordings.append(record_episode(domain, env, task, seed, image_every))
            if progress is not None:
                progress(recordings[-1])
        save_shard(path, recordings, projections)
        recorded += len(recordings)
    if env is not None:
        env.close()
    return recorded


def _projections(domain: Domain, env: Any, seed: int) -> np.ndarray:
    """(V, 3, 4)."""
    by_view: dict[int, np.ndarray] = {}
    for task in sorted(domain.weights):
        if domain.view(task) not in by_view:
            _, info = domain.begin(env, task, seed, np.random.default_rng(0))
            by_view[domain.view(task)] = domain.projection(info)
    return np.stack([by_view[view] for view in sorted(by_view)])
