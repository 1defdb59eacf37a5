"""``results/baselines/<name>/``: run.json, episodes.parquet, summary.json of an accepted run, and baseline.json saying which and when. It is read like any run folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from harness.compare.run_table import RunTable, load_run
from harness.errors import ConfigError, StoreError, did_you_mean
from harness.store.run_store import run_folder

BASELINES = Path("results/baselines")
_LEFT_OUT = ("events", "videos", "instruction", "error")
_KEPT_FACTS = ("scorer", "data")
_MACHINE = ("results", "assets", "hydra")  # of the config: where things lie on one machine


def accept_baseline(
    run: str | Path, name: str, folder: Path = BASELINES, *, replace: bool = False, partial: bool = False, now: datetime | None = None
) -> Path:
    """Keep the tables of ``run`` as the baseline ``name``; videos, traces and what names this machine are left out.

    Raises:
        ConfigError: a name that is no folder name or is taken, a run that is not complete; StoreError: a run that cannot be read, a folder that cannot be written.
    """
    place = run_folder(folder, name)
    table = load_run(run)
    if place.exists() and not replace:
        raise ConfigError(f"there is a baseline {name!r} already ({place})", "--replace puts this run in its place")
    if table.missing and not partial:
        raise ConfigError(
            f"{table.path}: {table.missing} of {table.scenarios} scenarios have no episode",
            "finish the run, or accept it as it is with --partial",
        )
    temporary = place.with_name(f".{name}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        _json(temporary / "run.json", _without_machine(table.manifest))
        pq.write_table(_slim(table), temporary / "episodes.parquet", compression="zstd")
        fs, root = fsspec.core.url_to_fs(table.path)
        if fs.exists(f"{root}/summary.json"):
            (temporary / "summary.json").write_bytes(fs.cat_file(f"{root}/summary.json"))
        accepted = (now or datetime.now(UTC)).isoformat(timespec="seconds")
        _json(
            temporary / "baseline.json", {"name": name, "run": table.name, "agent": table.agent, "suite": table.suite, "accepted": accepted}
        )
        if place.exists():
            shutil.rmtree(place)
        os.rename(temporary, place)
    except OSError as error:
        raise StoreError(f"{place} cannot be written: {error.strerror or error}", "give another folder with --baselines DIR") from None
    return place


def list_baselines(folder: Path = BASELINES) -> list[dict[str, Any]]:
    """What baseline.json and the table say of each, by name."""
    found = []
    for path in sorted(folder.glob("*/baseline.json")) if folder.is_dir() else ():
        try:
            facts = json.loads(path.read_text())
        except ValueError:
            raise StoreError(f"{path} is damaged", "accept the run again with --replace") from None
        table = load_run(path.parent)
        size = sum(file.stat().st_size for file in path.parent.iterdir())
        found.append({**facts, "episodes": len(table.rows), "bytes": size, "path": str(path.parent)})
    return found


def resolve_run(spec: str | Path, folder: Path = BASELINES) -> str:
    """A run folder (any that fsspec knows) as it is, or the folder of the baseline of that name.

    Raises:
        ConfigError: neither; names the nearest baselines.
    """
    text = str(spec)
    if "://" in text or (Path(text) / "run.json").is_file():
        return text
    if os.sep not in text and (folder / text / "run.json").is_file():
        return str(folder / text)
    if Path(text).exists():
        return text  # load_run says what is wrong with it
    names = [path.parent.name for path in folder.glob("*/run.json")] if folder.is_dir() else []
    raise ConfigError(
        f"{text} is neither a run folder nor a baseline",
        did_you_mean(text, names) if names else f"there is no baseline in {folder}: gauntlet baseline accept RUN --as NAME",
    )


def _slim(table: RunTable) -> pa.Table:
    """The episodes' table without what is bulky or not needed to compare."""
    fs, root = fsspec.core.url_to_fs(table.path)
    if not fs.exists(f"{root}/episodes.parquet"):
        raise ConfigError(f"{table.path} has no episodes.parquet", "run the same command again: it finishes the run")
    with fs.open(f"{root}/episodes.parquet", "rb") as file:
        whole = pq.read_table(file)
    kept = whole.drop_columns([name for name in _LEFT_OUT if name in whole.column_names])
    if "facts" in kept.column_names:
        facts = [
            json.dumps({k: v for k, v in json.loads(text or "{}").items() if k in _KEPT_FACTS}) for text in kept.column("facts").to_pylist()
        ]
        kept = kept.set_column(kept.column_names.index("facts"), "facts", pa.array(facts, pa.string()))
    return kept


def _without_machine(manifest: Mapping[str, Any]) -> dict[str, Any]:
    config = {key: value for key, value in (manifest.get("config") or {}).items() if key not in _MACHINE}
    return {**manifest, "config": config}


def _json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n")
