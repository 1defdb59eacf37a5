"""One episode on disk. It is written under a temporary name and renamed when whole, so a crash never leaves half of one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from harness.episode import READABLE, Episode
from harness.errors import StoreError
from harness.rollout import Rollout

SUMS = "SHA256SUMS"
TRUTH_FILE = "truth.jsonl"


def write_episode(folder: Path, episode: Episode, trace: Rollout | None) -> None:
    """Write ``episode`` and, where there is one, its ``trace`` into ``folder`` (which may already hold videos), then the checksums of all files."""
    folder.mkdir(parents=True, exist_ok=True)
    if trace is not None:
        write_trace(folder, trace)
    (folder / "episode.json").write_text(episode.model_dump_json(indent=1) + "\n")
    names = sorted(path.name for path in folder.iterdir() if path.name != SUMS)
    (folder / SUMS).write_text("".join(f"{_sha256(folder / name)}  {name}\n" for name in names))


def write_trace(folder: Path, trace: Rollout) -> None:
    """What was seen of an episode, ``steps.parquet``, ``truth.jsonl`` and ``step0.npz``, which can be written before its record is known."""
    pq.write_table(steps_table(trace), folder / "steps.parquet", compression="zstd")
    if trace.truths:
        (folder / TRUTH_FILE).write_text("".join(f"{line}\n" for line in trace.truths))
    if trace.first_payload:
        _write_payload(folder / "step0.npz", trace.first_payload)


def verify_episode(folder: Path) -> Episode:
    """Read an episode's record after checking every file against its checksum.

    Raises:
        StoreError: a file is missing, damaged, or of another schema version; names the file.
    """
    sums = folder / SUMS
    if not sums.is_file():
        raise StoreError(f"{folder.name}/{SUMS} is missing", "the episode is not whole")
    checked = set()
    for line in sums.read_text(errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        checked.add(name)
        path = folder / name
        if not name or "/" in name or not path.is_file():
            raise StoreError(f"{folder.name}/{name} is missing", "the episode is not whole")
        if _sha256(path) != digest:
            raise StoreError(f"{folder.name}/{name} does not match its checksum", "the file is damaged")
    for name in ("episode.json", "steps.parquet"):
        if name not in checked and (folder / name).exists():
            raise StoreError(f"{folder.name}/{name} has no checksum", f"{SUMS} is damaged")
    return read_episode(folder)


def read_episode(folder: Path) -> Episode:
    """Read an episode's record without checking the other files."""
    path = folder / "episode.json"
    try:
        return Episode.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise StoreError(f"{folder.name}/episode.json is missing", "the episode is not whole") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise StoreError(
            f"{folder.name}/episode.json: {'.'.join(map(str, first['loc']))}: {first['msg']}{_version(path)}", "written by another version?"
        ) from None


def _version(path: Path) -> str:
    """Which schema version an unreadable record says it has, if that is the trouble."""
    try:
        version = json.loads(path.read_bytes()).get("schema_version")
    except (ValueError, AttributeError):
        return ""
    return "" if version in READABLE else f" (it is of version {version}; this Gauntlet reads {' and '.join(READABLE)})"


def steps_table(trace: Rollout) -> pa.Table:
    """One row a control step, and row 0 for the state after reset, where action, reward and seconds are null.

    ``action`` and ``state.<name>`` are fixed-size lists of float32 (the shape is in the field's metadata); ``thought`` is JSON, null where the agent did not think anew; ``grounding`` (there where anything was looked up) is JSON, the truth of the thought's points and boxes; ``seconds.*`` are wall time
    (``seconds.stages``: the thought's own, JSON): everything else in the table is the same, bit for bit, whoever ran the episode.
    """
    steps = len(trace.actions)
    columns: dict[str, pa.Array] = {"step": pa.array(range(steps + 1), pa.int32())}
    fields: list[pa.Field] = [pa.field("step", pa.int32())]

    def add(name: str, array: pa.Array, shape: tuple[int, ...] | None = None) -> None:
        columns[name] = array
        metadata = {"shape": json.dumps(list(shape))} if shape is not None else None
        fields.append(pa.field(name, array.type, metadata=metadata))

    if trace.actions:
        add("action", _vectors(trace.actions, missing_first=True), trace.actions[0].shape)
    for name in sorted(trace.states[0]):
        rows = [state[name] for state in trace.states]
        add(f"state.{name}", _vectors(rows), rows[0].shape)
    add("reward", pa.array([None, *trace.rewards], pa.float64()))
    add("success", pa.array([None, *trace.success], pa.bool_()))
    add("progress", pa.array([None, *trace.progress], pa.float64()))
    thoughts = [None if t is None else json.dumps(t.to_json(seconds=False)) for t in trace.thoughts]
    stages = [json.dumps(t.seconds) if t is not None and t.seconds else None for t in trace.thoughts]
    add("thought", pa.array([None, *thoughts], pa.string()))
    if any(trace.grounding):
        add("grounding", pa.array([None, *(None if g is None else json.dumps(g) for g in trace.grounding)], pa.string()))
    for name in ("act", "step", "render", "record"):
        add(f"seconds.{name}", pa.array([None, *(row[name] for row in trace.seconds)], pa.float64()))
    add("seconds.stages", pa.array([None, *stages], pa.string()))
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def read_steps(folder: Path) -> dict[str, Any]:
    """The per-step arrays of an episode: ``action`` (T, ...), ``state.<name>`` (T + 1, ...), ``reward``, ``success``, ``progress``, ``seconds.<phase>`` (T,), ``thought``, ``grounding`` (where recorded) and ``seconds.stages`` lists of T."""
    table = pq.read_table(folder / "steps.parquet")
    arrays: dict[str, Any] = {}
    for field in table.schema:
        column = table.column(field.name)
        if field.metadata and b"shape" in field.metadata:
            shape = json.loads(field.metadata[b"shape"])
            rows = column.drop_null().combine_chunks()
            flat = rows.flatten().to_numpy(zero_copy_only=False)
            arrays[field.name] = flat.reshape(len(rows), *shape)
        elif field.name in ("thought", "grounding", "seconds.stages"):
            arrays[field.name] = [None if text is None else json.loads(text) for text in column.to_pylist()[1:]]
        elif field.name != "step":
            arrays[field.name] = column.drop_null().to_numpy()
    return arrays


def read_truth(folder: Path) -> list[dict[str, Any]]:
    """``info["truth"]`` of each state, the first after reset; empty where the environment gives none (and in records of schema 1.0).

    Raises:
        StoreError: the file is damaged.
    """
    path = folder / TRUTH_FILE
    if not path.is_file():
        return []
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except ValueError as error:
        raise StoreError(f"{folder.name}/{TRUTH_FILE} is damaged: {error}", "the episode is not whole") from None


def _vectors(rows: list[np.ndarray], missing_first: bool = False) -> pa.Array:
    size = int(rows[0].size)
    flat = np.concatenate([np.zeros(size if missing_first else 0, np.float32), *(np.asarray(row, np.float32).ravel() for row in rows)])
    mask = pa.array([missing_first] + [False] * (len(rows) - (0 if missing_first else 1))) if missing_first else None
    return pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float32()), size, mask=mask)


def _write_payload(path: Path, payload: dict[str, Any]) -> None:
    arrays = {f"image/{camera}": np.asarray(image) for camera, image in payload["image"].items()}
    arrays |= {f"state/{name}": np.asarray(value) for name, value in payload["state"].items()}
    np.savez_compressed(path, allow_pickle=False, instruction=np.array(payload["instruction"]), **arrays)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
