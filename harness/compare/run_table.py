"""A run as a table of episodes, read from its folder on any file system."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from harness.episode import READABLE, Episode
from harness.errors import StoreError
from harness.metrics import METRICS
from harness.store.tables import episodes_table
from harness.substitutes import count_substitutes, footnote
from harness.success_rule import SuccessRule

Outcome = Literal["success", "failure", "error"]
_MEASURES = ("score.", "stage.", "seconds.")
_NEEDED = ("scenario_id", "task", "outcome")


@dataclass(frozen=True)
class EpisodeRow:
    """One episode. ``values``: what was measured and applies, finite: the metrics' names, ``score.<name>``, ``stage.<name>`` (s a decision), ``seconds.<phase>``; ``not_finite`` names what was NaN or infinite."""

    scenario_id: str
    task: str
    outcome: Outcome
    success_last: bool | None
    success_any: bool | None
    tags: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    not_finite: tuple[str, ...] = ()
    text: Mapping[str, str] = field(default_factory=dict)
    """instruction, error, env and, as JSON, events, facts, videos"""

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The environment's facts of the episode."""
        return json.loads(self.text.get("facts") or "{}")

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """[{name, step, detail}]"""
        return json.loads(self.text.get("events") or "[]")

    @cached_property
    def videos(self) -> dict[str, str]:
        """{camera: file below the run folder}"""
        return json.loads(self.text.get("videos") or "{}")

    def success(self, rule: SuccessRule) -> bool | None:
        """None for an errored episode."""
        return self.success_last if rule == "last" else self.success_any

    def group(self, key: str) -> str:
        """The group it belongs to by ``task`` or by a tag ("none" where it lacks the tag), or by several, joined: ``task+axis``."""
        return " / ".join(self.task if part == "task" else self.tags.get(part, "none") for part in key.split("+"))


@dataclass(frozen=True)
class RunTable:
    """A run: ``manifest`` is run.json, ``rows`` are the episodes by scenario id."""

    path: str
    manifest: Mapping[str, Any]
    rows: Mapping[str, EpisodeRow]
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def agent(self) -> str:
        return str(self.manifest["agent"]["name"])

    @property
    def suite(self) -> str:
        return str(self.manifest["suite"]["name"])

    @property
    def success_rule(self) -> SuccessRule:
        return "any" if self.manifest["suite"].get("success") == "any" else "last"

    @property
    def never_pool(self) -> tuple[str, ...]:
        return tuple(self.manifest["suite"].get("never_pool", ()))

    @property
    def scenarios(self) -> int:
        """How many scenarios the suite has."""
        return int(self.manifest["suite"].get("scenarios", len(self.rows)))

    @property
    def missing(self) -> int:
        """Scenarios without an episode."""
        return max(0, self.scenarios - len(self.rows))

    @property
    def errors(self) -> int:
        return sum(row.outcome == "error" for row in self.rows.values())

    @property
    def created(self) -> str:
        return str(self.manifest.get("created", ""))

    def measures(self) -> list[str]:
        """Names of everything continuous to compare that some episode has a value for, in the order of the table; the phases' ``seconds.*`` are not among them."""
        rates = {name for name, metric in METRICS.items() if metric.rate}
        return [
            name
            for name in dict.fromkeys(name for row in self.rows.values() for name in row.values)
            if name not in rates and not name.startswith("seconds.")
        ]

    def to_json(self) -> dict[str, Any]:
        """What identifies it, for reports."""
        keys = ("created", "git", "versions", "hardware", "scorer")
        return {
            "path": self.path,
            "name": self.name,
            "agent": self.agent,
            "suite": self.suite,
            "success_rule": self.success_rule,
            "episodes": len(self.rows),
            "scenarios": self.scenarios,
            "missing": self.missing,
            "errors": self.errors,
            **{key: self.manifest.get(key) for key in keys},
        }


def load_run(path: str | Path) -> RunTable:
    """Read a run folder or an accepted baseline; ``path`` may be any that fsspec knows (``s3://...``, ``memory://...``).

    A run that was cut short has no table yet: it is then made from the episodes' records, and ``notes`` says so. They also name substitutes for original data that its scores were made with.

    Raises:
        StoreError: no run folder, a damaged file, another schema version, or not one episode; names the file.
    """
    fs, root = fsspec.core.url_to_fs(str(path))
    shown = str(path).rstrip("/")
    manifest = _manifest(fs, root, shown)
    place = f"{root}/episodes.parquet"
    notes: list[str] = []
    if fs.exists(place):
        try:
            with fs.open(place, "rb") as file:
                table = pq.read_table(file)
        except (OSError, pa.ArrowException) as error:
            raise StoreError(
                f"{shown}/episodes.parquet is damaged: {_line(error)}", "run the same command again: it writes the table anew"
            ) from None
    else:
        table = episodes_table(_records(fs, root, shown), dict(manifest), manifest["suite"].get("success", "last"))
        notes.append(f"{shown} has no episodes.parquet (the run was cut short): read from its episodes' records")
    for name in _NEEDED:
        if table.num_rows and name not in table.column_names:
            raise StoreError(f"{shown}/episodes.parquet has no column {name!r}", "it was not written by Gauntlet, or by another version")
    if not table.num_rows:
        raise StoreError(f"{shown} has no episode", "run the same command again: it resumes")
    rows = {row.scenario_id: row for row in _rows(table)}
    run = RunTable(shown, manifest, rows)
    if run.missing:
        notes.append(f"{run.name}: {run.missing} of {run.scenarios} scenarios have no episode (the run was cut short)")
    judged = [row.facts for row in rows.values() if row.outcome != "error"]
    if told := footnote(count_substitutes(judged), len(judged)):
        notes.append(f"{run.name}: {told}")
    return RunTable(shown, manifest, rows, tuple(notes))


def _manifest(fs: Any, root: str, shown: str) -> dict[str, Any]:
    if not fs.exists(f"{root}/run.json"):
        what = "no run folder (it has no run.json)" if fs.exists(root) else "not there"
        raise StoreError(f"{shown} is {what}", "give a folder under results/, or the name of a baseline")
    try:
        manifest = json.loads(fs.cat_file(f"{root}/run.json"))
    except ValueError as error:
        raise StoreError(f"{shown}/run.json is damaged: {_line(error)}", "take it from a copy, or run again under another name") from None
    version = manifest.get("schema_version") if isinstance(manifest, dict) else None
    if version not in READABLE:
        raise StoreError(
            f"{shown}/run.json: schema_version {version!r}; this Gauntlet reads {' and '.join(READABLE)}",
            "read it with the Gauntlet that wrote it, or run again",
        )
    for key in ("name", "suite", "agent"):
        if key not in manifest:
            raise StoreError(f"{shown}/run.json has no {key!r}", "the file is damaged")
    return manifest


def _records(fs: Any, root: str, shown: str) -> list[Episode]:
    episodes = []
    for path in sorted(str(p) for p in fs.glob(f"{root}/episodes/*/episode.json")):
        folder = path.split("/")[-2]
        if folder.startswith("."):
            continue  # still being written
        try:
            episodes.append(Episode.model_validate_json(fs.cat_file(path)))
        except ValidationError as error:
            first = error.errors()[0]
            raise StoreError(
                f"{shown}/episodes/{folder}/episode.json: {'.'.join(map(str, first['loc']))}: {first['msg']}",
                "run the same command again: it sets damaged episodes aside",
            ) from None
    return episodes


def _rows(table: pa.Table) -> list[EpisodeRow]:
    names = table.column_names
    tags = {name: name.removeprefix("tag.") for name in names if name.startswith("tag.")}
    measures = [
        name for name in names if (name in METRICS or name.startswith(_MEASURES)) and pa.types.is_floating(table.schema.field(name).type)
    ]
    texts = [name for name in ("instruction", "error", "env", "events", "facts", "videos") if name in names]
    columns = {name: table.column(name).to_pylist() for name in {*_NEEDED, *tags, *measures, *texts}}
    rows = []
    for k in range(table.num_rows):
        given = {name: columns[name][k] for name in measures}
        values = {name: float(value) for name, value in given.items() if value is not None and math.isfinite(value)}
        last, anywhere = values.pop("success_last", None), values.pop("success_any", None)
        rows.append(
            EpisodeRow(
                scenario_id=columns["scenario_id"][k],
                task=columns["task"][k],
                outcome=columns["outcome"][k],
                success_last=None if last is None else bool(last),
                success_any=None if anywhere is None else bool(anywhere),
                tags={tag: columns[name][k] for name, tag in tags.items() if columns[name][k] is not None},
                values=values,
                not_finite=tuple(name for name, value in given.items() if value is not None and not math.isfinite(value)),
                text={name: columns[name][k] for name in texts if columns[name][k] is not None},
            )
        )
    return rows


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
