"""``gauntlet assets get simpler [--from DIR] [--to DIR]``: bring SIMPLER's data into the place where it is looked for, and verify it.

A download or a local folder of any known layout becomes a folder of the layout ``gauntlet``, with only the files that the tasks load, hard-linked where the file system allows it. Every file's sha256 says whether it is the
original, a known substitute (kept apart, under ``substitutes/``) or unknown. Nothing is fetched from a network.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from envs.manipulation.simpler.assets import ASSETS_VARIABLE, LAYOUTS, SUBSTITUTE_FOLDER, AssetsReport, default_folder, open_assets
from envs.manipulation.simpler.assets_findings import SOURCE, Row
from envs.manipulation.simpler.file_hashes import ORIGINAL, SUBSTITUTE, Identity, identify
from envs.manipulation.simpler.google_files import PICK_MODELS, cabinet_file, stage_file
from envs.manipulation.simpler.google_variants import CABINET_STAGES, STATIONS, TABLE_STAGES
from envs.manipulation.simpler.model_files import model_files
from envs.manipulation.simpler.required_files import TASK_FILES
from harness.errors import AssetsError

MEGABYTE = 1e6
VARIANTS = "variant aggregation"  # a task's name in the report, for files that only a variant of some task loads
VARIANT_MODELS = (*PICK_MODELS, "opened_7up_can")  # among them all distractors


def variant_files() -> tuple[str, ...]:
    """What variant aggregation loads beside the files of its tasks: stages, cabinets and distractors."""
    stages = [stage for stage in (*TABLE_STAGES, *CABINET_STAGES) if not stage.startswith("dummy")]  # a dummy is built, not loaded
    models = [name for model in VARIANT_MODELS for name in model_files(model)]
    return (*map(stage_file, stages), *map(cabinet_file, STATIONS), "custom/models/stone_tabletop.glb", *models)


def get_assets(source: str | Path | None = None, target: str | Path | None = None) -> list[Row]:
    """Lay out and verify. ``source``: the configured folder, unless given; ``target``: :func:`default_folder`, unless given. Returns findings as ``gauntlet assets`` prints them."""
    if source is None and not os.environ.get(ASSETS_VARIABLE):
        raise AssetsError("`gauntlet assets get simpler` has no network access: it lays out a folder given with --from DIR", SOURCE)
    assets = open_assets(source)
    place = Path(target).expanduser() if target is not None else default_folder()
    report = assets.report_of({**TASK_FILES, VARIANTS: variant_files()})
    rows: list[Row] = []
    counts = {"new": 0, "bytes": 0}
    for wanted in sorted(report.found):
        name, file = logical_name(wanted, report.found[wanted]), report.found[wanted]
        identity = identify(name, file)
        rows += _remarks(name, identity)
        counts["new"] += _lay(file, place / _relative(name, identity, name in report.substituted))
        counts["bytes"] += identity.size
    rows += [
        ("simpler", "warn", f"missing: {name}, needed by {', '.join(tasks)}", SOURCE) for name, tasks in sorted(report.missing.items())
    ]
    return [*rows, _closing(report, place, counts["new"], counts["bytes"])]


def logical_name(wanted: str, file: Path) -> str:
    """Which of a logical name's alternatives ``file`` is."""
    return next(name for name in wanted.split("|") if file.as_posix().endswith(name.partition("/")[2]))


def _relative(name: str, identity: Identity, called_substitute: bool) -> Path:
    """Where the layout ``gauntlet`` keeps the file. One of unknown content stays on the side where it was found."""
    kind, _, rest = name.partition("/")
    apart = identity.verdict == SUBSTITUTE or (identity.verdict != ORIGINAL and called_substitute)
    for folder in LAYOUTS["gauntlet"][kind]:
        if folder.startswith(SUBSTITUTE_FOLDER) == apart:
            return Path(folder) / rest
    return Path(LAYOUTS["gauntlet"][kind][0]) / rest


def _remarks(name: str, identity: Identity) -> Iterable[Row]:
    if identity.verdict == ORIGINAL:
        return
    if identity.verdict == SUBSTITUTE:
        yield ("simpler", "warn", f"substitute: {name}", "replace it by the original for scores to be compared")
    elif identity.expected is None:
        yield (
            "simpler",
            "warn",
            f"unknown: {name} ({identity.size} bytes; the original's hash is not known)",
            "make sure that it is the original",
        )
    else:
        known = f"{identity.size} bytes; the original has {identity.expected}"
        yield ("simpler", "warn", f"unknown: {name} is not the original, its sha256 differs ({known})", "fetch it again")


def _closing(report: AssetsReport, place: Path, new: int, size: int) -> Row:
    tasks = [task for task in report.tasks if task != VARIANTS]
    runnable = [task for task in report.runnable_tasks() if task in tasks]
    found = (
        f"{place}: {len(report.found)} files, {size / MEGABYTE:.1f} MB, {new} of them newly laid out, {len(report.missing)} missing; "
        f"{len(runnable)} of {len(tasks)} tasks can run"
    )
    if not runnable:
        return ("simpler", "fail", found, SOURCE)
    configured = os.environ.get(ASSETS_VARIABLE)
    found_there = place == default_folder() and not configured
    use = "" if found_there or (configured and Path(configured).expanduser() == place) else f"set {ASSETS_VARIABLE}={place} to use it"
    return ("simpler", "warn" if report.missing else "ok", found, use)


def _lay(file: Path, target: Path) -> bool:
    """Whether anything had to be done. The target appears whole or not at all."""
    try:
        if target.exists() and (target.samefile(file) or target.read_bytes() == file.read_bytes()):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            beside = Path(folder) / target.name
            try:
                os.link(file.resolve(), beside)
            except OSError:  # another file system, or one without links
                shutil.copyfile(file, beside)
            os.replace(beside, target)
    except OSError as error:
        raise AssetsError(f"cannot write {target}: {error.strerror}", "name a folder that can be written with --to DIR") from error
    return True
