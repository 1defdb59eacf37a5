"""What a run folder holds about one episode, on any file system."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.compare.run_table import EpisodeRow, RunTable
from harness.errors import StoreError
from harness.store.episode_folder import TRUTH_FILE

_COLUMNS = ("thought", "grounding", "success", "progress")


@dataclass(frozen=True)
class Evidence:
    """One episode. ``truths``: of each state, the first after reset; ``thoughts``, ``grounding``: {control step from 1: JSON data}. All may be empty: an old record, a baseline, or an environment that tells nothing.

    ``progress`` (T,), ``success`` (T,) by control step; ``record``: episode.json, {} where there is none.
    """

    row: EpisodeRow
    truths: list[dict[str, Any]] = field(default_factory=list)
    thoughts: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    grounding: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    progress: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    success: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return int(self.row.values.get("steps", len(self.progress)))

    @cached_property
    def events(self) -> dict[str, list[dict[str, Any]]]:
        """{name: its events, in order}"""
        found: dict[str, list[dict[str, Any]]] = {}
        for event in self.row.events:
            found.setdefault(event["name"], []).append(event)
        return found

    @cached_property
    def scores(self) -> dict[str, float]:
        """The environment's own measures that apply, by lower-case name without separators."""
        return {
            key.removeprefix("score.").lower().replace("_", ""): value for key, value in self.row.values.items() if key.startswith("score.")
        }

    def first(self, event: str) -> int | None:
        """The step of the first event of that name."""
        return int(self.events[event][0]["step"]) if event in self.events else None

    def last(self, event: str) -> int | None:
        return int(self.events[event][-1]["step"]) if event in self.events else None

    def objects(self, event: str) -> list[str]:
        """What the events of that name happened to."""
        return list(dict.fromkeys(str(e.get("detail", {}).get("object", "")) for e in self.events.get(event, ())))

    def told(self, key: str) -> Iterator[tuple[int, Any]]:
        """(step, value) of each state whose truth says ``key``."""
        return ((step, truth[key]) for step, truth in enumerate(self.truths) if key in truth)

    def at_end(self, key: str, default: Any = None) -> Any:
        """The last value told of ``key``."""
        return next((truth[key] for truth in reversed(self.truths) if key in truth), default)


def read_evidence(run: RunTable, row: EpisodeRow) -> Evidence:
    """Everything recorded about an episode.

    Raises:
        StoreError: a file of the episode is damaged; names it.
    """
    fs, root = fsspec.core.url_to_fs(run.path)
    folder = f"{root}/episodes/{row.scenario_id}"
    shown = f"{run.path}/episodes/{row.scenario_id}"
    if not fs.exists(f"{folder}/episode.json"):
        return Evidence(row)
    name = "episode.json"
    try:
        record = json.loads(fs.cat_file(f"{folder}/{name}"))
        name = TRUTH_FILE
        lines = fs.cat_file(f"{folder}/{name}").decode().splitlines() if fs.exists(f"{folder}/{name}") else []
        truths = [json.loads(line) for line in lines]
        name = "steps.parquet"
        if not fs.exists(f"{folder}/{name}"):
            return Evidence(row, truths, record=record)
        with fs.open(f"{folder}/{name}", "rb") as file:
            parquet = pq.ParquetFile(file)
            table = parquet.read([column for column in _COLUMNS if column in parquet.schema_arrow.names])
    except (ValueError, OSError, pa.ArrowException) as error:
        raise StoreError(
            f"{shown}/{name} is damaged: {' '.join(str(error).split())[:160]}", "run the same command again: it sets it aside"
        ) from None

    def texts(column: str) -> dict[int, dict[str, Any]]:
        if column not in table.column_names:
            return {}
        return {step: json.loads(text) for step, text in enumerate(table.column(column).to_pylist()) if text is not None}

    return Evidence(
        row=row,
        truths=truths,
        thoughts=texts("thought"),
        grounding=texts("grounding"),
        progress=table.column("progress").drop_null().to_numpy(),
        success=table.column("success").drop_null().to_numpy(zero_copy_only=False),
        record=record,
    )
