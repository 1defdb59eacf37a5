"""Reports as data: ``failures.parquet``, and the schema of a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from harness.diagnose.report import FailureReport, failure_json_schema
from harness.errors import StoreError

FILE = "failures.parquet"
_TEXT = ("run", "agent", "scenario_id", "task", "instruction", "domain", "mode", "layer", "layer_reason", "author")


def write_failures(reports: Sequence[FailureReport], folder: Path) -> Path:
    """Write ``failures.parquet`` (one row a report; ``report`` is the whole as JSON, the other columns are for queries) and ``failure.schema.json`` into ``folder``. Returns the first.

    Raises:
        StoreError: the folder cannot be written.
    """
    columns: dict[str, pa.Array] = {name: pa.array([getattr(r, name) for r in reports], pa.string()) for name in _TEXT}
    columns["step"] = pa.array([r.step for r in reports], pa.int32())
    columns["layer_certain"] = pa.array([r.layer_certain for r in reports], pa.bool_())
    columns["modes"] = pa.array([r.modes for r in reports], pa.list_(pa.string()))
    for part in ("meta_action", "reasoning", "safety", "efficiency", "correction"):
        columns[part] = pa.array([getattr(r, part).text for r in reports], pa.string())
    columns["report"] = pa.array([r.model_dump_json() for r in reports], pa.string())
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path, compression="zstd")
        (folder / "failure.schema.json").write_text(json.dumps(failure_json_schema(), indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}", "give another folder with --out DIR") from None
    return path


def read_failures(path: Path) -> list[FailureReport]:
    """The reports of a ``failures.parquet``, or of the folder that holds it. Raises StoreError: absent or damaged."""
    path = path / FILE if path.is_dir() else path
    try:
        rows: list[Any] = pq.read_table(path, columns=["report"]).column("report").to_pylist()
        return [FailureReport.model_validate_json(row) for row in rows]
    except (OSError, pa.ArrowException, ValidationError) as error:
        raise StoreError(
            f"{path} cannot be read: {' '.join(str(error).split())[:160]}", "make it anew with gauntlet diagnose RUN"
        ) from None
