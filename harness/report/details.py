"""One scenario's episodes in full, as the report's episode page loads them: thoughts, curves, events, videos."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.recording.film_notes import FilmNotes

_COLUMNS = ("progress", "success", "thought", "grounding", "seconds.act", "seconds.step", "seconds.render", "seconds.stages")
PROMPTS = frozenset({"points", "boxes", "traces"})


def episode_details(folder: Path, drawn: frozenset[str]) -> dict[str, Any]:
    """What is known of the episode in ``folder``. ``drawn``: the layers that the run's videos have on them already. What cannot be read is left out and named in ``notes``."""
    notes: list[str] = []
    record = _record(folder, notes)
    found: dict[str, Any] = {
        "outcome": record.get("outcome"),
        "instruction": record.get("instruction", ""),
        "changes": record.get("instruction_changes", []),
        "seed": record.get("scenario", {}).get("seed"),
        "agent_seed": str(record.get("agent_seed", "")),  # 56 bits: more than a browser's number holds
        "env": record.get("scenario", {}).get("env", ""),
        "max_steps": record.get("scenario", {}).get("max_steps"),
        "perturbations": record.get("scenario", {}).get("perturbations", []),
        "hz": record.get("control_hz") or 1.0,
        "steps": record.get("steps", 0),
        "events": [[event["step"], event["name"], event.get("detail", {})] for event in record.get("events", [])],
        "subgoals": record.get("subgoal_steps", {}),
        "scores": record.get("scores", {}),
        "facts": record.get("facts", {}),
        "error": _error(record.get("error")),
        "attempts": record.get("attempts", 1),
    }
    if found["outcome"] not in (None, "error"):
        found |= _steps(folder, notes)
    videos = {}
    for camera, name in (record.get("videos") or {}).items():
        if not (folder / Path(name).name).is_file():
            notes.append(f"{name} is missing")
            continue
        videos[camera] = {"file": Path(name).name, **_drawing(folder / Path(name).name, drawn, bool(found.get("grounding")))}
    found["videos"] = videos
    found["notes"] = notes
    return found


def _record(folder: Path, notes: list[str]) -> dict[str, Any]:
    try:
        record = json.loads((folder / "episode.json").read_bytes())
    except (OSError, ValueError) as error:
        notes.append(f"episode.json cannot be read: {_line(error)}")
        return {}
    return record if isinstance(record, dict) else {}


def _steps(folder: Path, notes: list[str]) -> dict[str, Any]:
    path = folder / "steps.parquet"
    if not path.is_file():
        notes.append("steps.parquet is missing")
        return {}
    try:
        file = pq.ParquetFile(
            pa.BufferReader(path.read_bytes()), pre_buffer=False
        )  # small files: threads and mapping cost more than they save
        names = file.schema_arrow.names
        table = file.read(columns=[name for name in _COLUMNS if name in names], use_threads=False)
    except (OSError, pa.ArrowException) as error:
        notes.append(f"steps.parquet cannot be read: {_line(error)}")
        return {}
    columns = {name: table.column(name) for name in table.column_names}
    seconds = {
        name: np.nan_to_num(columns[f"seconds.{name}"].to_numpy()[1:]).round(6).tolist()
        for name in ("act", "step", "render")
        if f"seconds.{name}" in columns
    }
    stages = [_json(text) for text in columns["seconds.stages"].to_pylist()[1:]] if "seconds.stages" in columns else []
    return {
        "progress": [0.0, *(round(value, 4) for value in columns["progress"].to_pylist()[1:])] if "progress" in columns else [],
        "success": [step for step, good in enumerate(columns["success"].to_pylist()) if good] if "success" in columns else [],
        "seconds": seconds,
        "stages": [[step, spent] for step, spent in enumerate(stages) if spent],
        "thoughts": _changes(columns["thought"].to_pylist()[1:]) if "thought" in columns else [],
        "grounding": [[step, said] for step, text in enumerate(columns["grounding"].to_pylist()[1:]) if (said := _json(text))]
        if "grounding" in columns
        else [],
    }


def _changes(texts: list[str | None]) -> list[list[Any]]:
    """[[step, thought], ...]: only where it differs from the one before."""
    found: list[list[Any]] = []
    before = None
    for step, text in enumerate(texts):
        if text is not None and text != before:
            found.append([step, _json(text)])
            before = text
    return found


def _drawing(path: Path, drawn: frozenset[str], truth: bool) -> dict[str, Any]:
    """How to draw on a video: ``image`` size, ``picture`` and ``frame`` of it, and which prompts it lacks (``draw``). Only a video that lacks some, or whose pointing is held against the ``truth``, is opened: that costs 2 ms."""
    if drawn >= PROMPTS and not truth:
        return {}
    import av

    try:
        with av.open(str(path)) as file:
            notes = FilmNotes.from_text(str(file.metadata.get("comment", "")))
            frame = (int(file.streams.video[0].width), int(file.streams.video[0].height))
    except (OSError, ValueError, IndexError):
        return {}
    if notes is None:
        return {}
    missing = sorted(PROMPTS - set(notes.overlays))
    return {"image": list(notes.image), "picture": list(notes.picture), "frame": list(frame), "draw": missing} if missing or truth else {}


def _error(error: Any) -> dict[str, Any] | None:
    return {key: error.get(key) for key in ("kind", "phase", "step", "message", "traceback")} if isinstance(error, dict) else None


def _json(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160]


def script(call: str, *data: Any) -> str:
    """A line of JavaScript that hands ``data`` to ``call``: ASCII only, so that no text in it can end a script or a line; what is NaN or infinite becomes null."""
    try:
        parts = [json.dumps(one, separators=(",", ":"), allow_nan=False) for one in data]
    except ValueError:  # rare, and looking for it in every number would cost a second in a thousand episodes
        parts = [json.dumps(_finite(one), separators=(",", ":"), allow_nan=False) for one in data]
    return f"{call}({','.join(parts)});\n"
