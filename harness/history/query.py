"""Asks DuckDB over the tables of many run folders, on any file system; no server, no index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import StoreError
from harness.statistics import Rate, wilson

_SQL = """
select filename, any_value(run) as run, any_value(agent) as agent, any_value(suite) as suite, count(*) as episodes,
       count(*) filter (where outcome = 'error') as errors, count(*) filter (where outcome != 'error' and success) as won {extra}
from read_parquet($files, union_by_name = true, filename = true)
where ($agent is null or agent = $agent) and ($suite is null or suite = $suite) and ($task is null or task = $task)
group by filename
"""
_MEASURES = ("progress", "act_seconds", "score.pdms", "score.epdms")


@dataclass(frozen=True)
class HistoryPoint:
    """One run. ``rate``: success by the suite's rule over the episodes with a result, with a 95 % Wilson interval; ``measures``: medians. ``created``: ISO time, "" where run.json does not say."""

    path: str
    run: str
    agent: str
    suite: str
    created: str
    commit: str
    episodes: int
    errors: int
    rate: Rate
    measures: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "rate": self.rate.to_json()}


def query_history(
    results: Sequence[str], agent: str | None = None, suite: str | None = None, task: str | None = None
) -> tuple[list[HistoryPoint], list[str]]:
    """(the runs in ``results`` folders that match, oldest first; notes on what could not be read).

    Raises:
        StoreError: a folder that is not there, or no run folder with a table in any.
    """
    import duckdb

    notes: list[str] = []
    points: list[HistoryPoint] = []
    tables = 0
    for folder in results:
        fs, root = fsspec.core.url_to_fs(folder)
        if not fs.exists(root):
            raise StoreError(f"{folder} is not there", "give the folder that holds the run folders: --results DIR")
        local = "file" in (fs.protocol if isinstance(fs.protocol, tuple | list) else (fs.protocol,))
        scheme = "" if local else f"{fs.protocol if isinstance(fs.protocol, str) else fs.protocol[0]}://"
        files: list[str] = []
        columns: set[str] = set()
        for place in sorted(str(p) for p in fs.glob(f"{root}/*/episodes.parquet")):
            try:
                with fs.open(place, "rb") as file:
                    names = set(pq.read_schema(file).names)
            except (OSError, pa.ArrowException):
                notes.append(f"{place} is damaged: left out")
                continue
            if {"run", "agent", "suite", "outcome", "success", "task"} <= names:
                files.append(scheme + place.lstrip("/") if scheme else place)
                columns |= names
        tables += len(files)
        if not files:
            continue
        connection = duckdb.connect()
        try:
            if not local:
                connection.register_filesystem(fs)
            known = [name for name in _MEASURES if name in columns]
            extra = "".join(f', median("{name}") as "{name}"' for name in known)
            given = {"files": files, "agent": agent, "suite": suite, "task": task}
            found = connection.execute(_SQL.format(extra=extra), given).fetchall()
        finally:
            connection.close()
        for filename, run, of_agent, of_suite, episodes, errors, won, *medians in found:
            place = str(fs._strip_protocol(filename))  # as fsspec writes it; DuckDB hands names back in a form of its own
            manifest = _manifest(fs, place.rsplit("/", 1)[0])
            points.append(
                HistoryPoint(
                    path=(scheme + place.lstrip("/") if scheme else place).rsplit("/", 1)[0],
                    run=run,
                    agent=of_agent,
                    suite=of_suite,
                    created=str(manifest.get("created") or ""),
                    commit=str((manifest.get("git") or {}).get("commit", ""))[:10],
                    episodes=episodes,
                    errors=errors,
                    rate=wilson(won, episodes - errors),
                    measures={name: value for name, value in zip(known, medians) if value is not None},
                )
            )
    if not tables:
        raise StoreError(f"no run folder with a table in {', '.join(results)}", "run a suite first: gauntlet run")
    return sorted(points, key=lambda point: (point.created, point.run)), notes


def _manifest(fs: Any, folder: str) -> dict[str, Any]:
    try:
        return dict(json.loads(fs.cat_file(f"{folder}/run.json")))
    except (OSError, ValueError):
        return {}
