"""Recorded demonstrations as arrays: steps for the action expert, frames for the reasoner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.training.domain import FACTS as RECORDED
from agents.training.domain import Domain
from agents.vla.action_decoder import ACTION, HORIZON
from agents.vla.reasoning import FACTS
from agents.vla.vocabulary import subtask_kind
from harness.errors import AgentError

VALIDATION_EVERY = 20  # one episode in so many is kept for validation


@dataclass
class Demonstrations:
    """All arrays share the order of recording. ``N`` steps, ``F`` frames (an image each), ``K`` rows of things. ``projection`` (V, 3, 4) of each view, ``view`` (N,) of each step.

    ``chunk`` (N, T, 7) and ``valid`` (N, T): the expert's actions from that step on, as far as no disturbance came between; ``facts`` (N, 10) of :data:`agents.vla.reasoning.FACTS`, 0 where it does not
    apply; ``frame_of`` (N,) the frame of a step or -1; ``things`` (F, K, 13), see :mod:`agents.training.record`.
    """

    projection: NDArray[np.float64]
    view: NDArray[np.int64]
    state: NDArray[np.float32]
    chunk: NDArray[np.float32]
    valid: NDArray[np.bool_]
    source: NDArray[np.float32]
    target: NDArray[np.float32]
    place: NDArray[np.float32]
    facts: NDArray[np.float32]
    angle: NDArray[np.float32]
    subtask: NDArray[np.str_]
    family: NDArray[np.int64]
    task: NDArray[np.str_]
    last_action: NDArray[np.float32]
    held_out: NDArray[np.bool_]
    frame_of: NDArray[np.int64]
    frame_step: NDArray[np.int64]
    frame_image: list[tuple[int, int]]
    things: NDArray[np.float32]
    names: NDArray[np.str_]
    roles: NDArray[np.str_]
    instruction: NDArray[np.str_]
    images: list[NDArray[np.uint8]]
    episodes: int
    seeds: tuple[int, int]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of subtask that occur, sorted."""
        return tuple(sorted({subtask_kind(str(text)) for text in np.unique(self.subtask)}))

    def image(self, frame: int) -> NDArray[np.uint8]:
        shard, row = self.frame_image[frame]
        return self.images[shard][row]


def load(folder: Path, domain: Domain, horizon: int = HORIZON) -> Demonstrations:
    """Reads every whole shard. ``horizon``: actions a chunk. Failed demonstrations are left out. Raises AgentError for an empty folder, or for seeds that are held out."""
    paths = sorted(path for path in folder.glob("*.npz") if not path.name.endswith(".part.npz"))
    if not paths:
        raise AgentError(f"{folder} holds no demonstrations", "record them first: gauntlet train ... --until record")
    parts: dict[str, list[np.ndarray]] = {}
    images, frame_image = [], []
    steps_before = 0
    seeds: list[int] = []
    projection = np.zeros((1, 3, 4))
    episodes = 0
    for shard, path in enumerate(paths):
        file = np.load(path)
        images.append(np.load(path.with_suffix(".images.npy"), mmap_mode="r"))
        projection = file["projection"].reshape(-1, 3, 4)
        seeds += file["seed"].tolist()
        columns = {name: file[name] for name in file.files}
        step_start = np.concatenate([[0], np.cumsum(columns["step_count"])])
        frame_start = np.concatenate([[0], np.cumsum(columns["frame_count"])])
        for episode in range(len(columns["seed"])):
            if not columns["success"][episode]:
                continue
            rows = slice(step_start[episode], step_start[episode + 1])
            frames = slice(frame_start[episode], frame_start[episode + 1])
            _add_episode(parts, columns, episode, rows, frames, steps_before, domain, horizon)
            frame_image += [(shard, row) for row in range(frames.start, frames.stop)]
            steps_before += rows.stop - rows.start
            episodes += 1
    if max(seeds) >= domain.seed_limit:
        raise AgentError(f"{folder}: seed {max(seeds)} is held out", f"train on seeds below {domain.seed_limit} alone")
    arrays: dict[str, Any] = {name: np.concatenate(values) for name, values in parts.items()}
    frame_of = np.full(steps_before, -1)
    frame_of[arrays["frame_step"]] = np.arange(len(frame_image))
    return Demonstrations(
        projection=projection,
        frame_of=frame_of,
        frame_image=frame_image,
        images=images,
        episodes=episodes,
        seeds=(min(seeds), max(seeds)),
        **arrays,
    )


def _add_episode(
    parts: dict[str, list[np.ndarray]],
    columns: dict[str, np.ndarray],
    episode: int,
    rows: slice,
    frames: slice,
    before: int,
    domain: Domain,
    horizon: int,
) -> None:
    action, disturbed = columns["step.action"][rows], columns["step.disturbed"][rows]
    count = len(action)
    chunk, valid = _chunks(action, disturbed, horizon)
    recorded = columns["step.facts"][rows]
    source, target = columns["step.source"][rows], columns["step.target"][rows]
    facts = np.zeros((count, len(FACTS)), np.float32)
    for index, name in enumerate(FACTS):
        recorded_name = {"grasp_z": "source_z"}.get(name, name)
        facts[:, index] = (
            source[:, 2] if name == "source_z" else target[:, 2] if name == "target_z" else recorded[:, RECORDED.index(recorded_name)]
        )
    task = str(columns["task"][episode])
    last = np.concatenate([[[0, 0, 0, 0, 0, 0, 1]], action[:-1]]).astype(np.float32)
    added: dict[str, np.ndarray] = {
        "state": columns["step.eef"][rows],
        "chunk": chunk,
        "valid": valid,
        "source": source,
        "target": target,
        "place": columns["step.place"][rows],
        "facts": np.nan_to_num(facts),
        "angle": columns["step.angle"][rows],
        "subtask": columns["step.subtask"][rows],
        "family": np.full(count, domain.families.index(domain.family(task))),
        "view": np.full(count, domain.view(task)),
        "task": np.full(count, task),
        "last_action": last,
        "held_out": np.full(count, int(columns["seed"][episode]) % VALIDATION_EVERY == 0),
        "frame_step": columns["frame.step"][frames] + before,
        "things": columns["frame.things"][frames],
        "names": columns["frame.names"][frames],
        "roles": columns["frame.roles"][frames],
        "instruction": np.full(frames.stop - frames.start, str(columns["instruction"][episode])),
    }
    for name, values in added.items():
        parts.setdefault(name, []).append(values)


def _chunks(action: NDArray[np.float32], disturbed: NDArray[np.bool_], horizon: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(n, T, 7), (n, T). After the last step the robot holds still. An action counts as long as the ones before it were executed as the expert wanted."""
    count = len(action)
    hold = np.zeros((horizon, ACTION), np.float32)
    hold[:, -1] = action[-1, -1]
    padded = np.concatenate([action, hold])
    broken = np.concatenate([disturbed, np.zeros(horizon, bool)])
    index = np.arange(count)[:, None] + np.arange(horizon)
    before = np.concatenate([np.zeros((count, 1), bool), broken[index[:, :-1]]], 1)
    return padded[index], ~np.maximum.accumulate(before, axis=1)
