"""NAVSIM's entry point of the group ``gauntlet.assets``: what of the data is there. It is optional: generated scenes need no files."""

from __future__ import annotations

import os
from pathlib import Path

from envs.driving.environment.source import DATA_VARIABLE
from envs.driving.formats import NavsimData
from envs.driving.map.gpkg_schema import VERSION_FILE
from harness.errors import GauntletError

Row = tuple[str, str, str, str]
_SENSORS = "only agents that look at real images need them"


def navsim_data(folder: str | Path | None = None) -> list[Row]:
    """(name, status, what was found, cure) of logs, maps, two-stage scenes and sensor blobs under ``folder``, else $GAUNTLET_NAVSIM_DATA."""
    chosen = folder or os.environ.get(DATA_VARIABLE)
    if not chosen:
        return [
            (
                "navsim",
                "absent",
                "no folder is configured",
                f"to run suites navsim/*: set {DATA_VARIABLE} to the folder with navsim_logs and maps",
            )
        ]
    root = Path(chosen).expanduser()
    rows = [_logs(root), _maps(root), _two_stage(root)]
    blobs = any(root.glob("sensor_blobs")) or any(root.glob("*/sensor_blobs"))
    rows.append(("navsim sensor blobs", "ok" if blobs else "absent", "there" if blobs else "none", "" if blobs else _SENSORS))
    return rows


def _logs(root: Path) -> Row:
    try:
        data = NavsimData(root)
        splits = sorted(path.name for path in (root / "navsim_logs").iterdir() if path.is_dir())
        if data.index is None and len(splits) > 1:
            counts = ", ".join(f"{name} {sum(1 for _ in (root / 'navsim_logs' / name).glob('*.pkl')):,} logs" for name in splits)
            return ("navsim logs", "ok", f"{root}: {counts}", "")
        whole = not data.missing and not data.broken
        return (
            "navsim logs",
            "ok" if whole else "warn",
            f"{root}: {data.coverage()}",
            "" if whole else "fetch what is missing; a run says which scenes",
        )
    except (GauntletError, OSError) as error:
        what, cure = (error.what, error.cure) if isinstance(error, GauntletError) else (str(error), "")
        return ("navsim logs", "fail", what, cure or f"put logs into {root}/navsim_logs/<split>")


def _maps(root: Path) -> Row:
    found = sorted(path.parent.parent.name for path in (root / "maps").glob("*/*/map.gpkg"))
    listed = (root / "maps" / VERSION_FILE).is_file()
    if found and listed:
        return ("navsim maps", "ok", f"{len(found)} locations: {', '.join(found)}", "")
    what = f"{len(found)} locations" + ("" if listed else f", no {VERSION_FILE}")
    return (
        "navsim maps",
        "fail",
        f"{root / 'maps'}: {what}",
        "put nuPlan's maps there: <location>/<version>/map.gpkg and the version file",
    )


def _two_stage(root: Path) -> Row:
    try:
        data = NavsimData(root)
        count = len(data.synthetic_files)
        if not count:
            return ("navsim two-stage scenes", "absent", "none", "suite navsim/navhard needs navhard_two_stage")
        mapped = len(data.mapping)
        cure = "" if mapped else "write index.json with the mapping beside navsim_logs"
        return ("navsim two-stage scenes", "ok" if mapped else "warn", f"{count:,} scenes, {mapped} groups", cure)
    except GauntletError as error:
        return ("navsim two-stage scenes", "fail", error.what, error.cure)
