"""SIMPLER's assets as ``gauntlet doctor`` and ``gauntlet assets`` show them."""

from __future__ import annotations

from pathlib import Path

from envs.manipulation.simpler.assets import ASSETS_VARIABLE, check_assets, named_folder
from harness.errors import AssetsError

SOURCE = (
    "get the folders data/ and mani_skill2_real2sim/assets/descriptions/ of the repository simpler-env/ManiSkill2_real2sim (Apache-2.0), "
    f"then run `gauntlet assets get simpler --from DIR`, or set {ASSETS_VARIABLE}=DIR, or give assets.simpler=DIR"
)

Row = tuple[str, str, str, str]


def assets_findings(folder: str | Path | None = None) -> list[Row]:
    """(name, ok | warn | fail | absent, what was found, the cure), a row a fact. Not configured is absent: the data is optional."""
    if not named_folder(folder):
        return [("simpler", "absent", f"{ASSETS_VARIABLE} is not set; only the suites simpler/* need it", SOURCE)]
    try:
        report = check_assets(folder)
    except AssetsError as error:
        return [("simpler", "fail", error.what, SOURCE)]
    place = f"{report.root} (layout {report.layout})"
    rows: list[Row] = []
    if report.missing:
        some = ", ".join(sorted(report.missing)[:3]) + (", ..." if len(report.missing) > 3 else "")
        lacking = sorted({task for tasks in report.missing.values() for task in tasks})
        found = f"{place}: {len(report.found)} files found, {len(report.missing)} missing ({some}), needed by {', '.join(lacking)}"
        rows.append(("simpler", "warn" if report.runnable_tasks() else "fail", found, SOURCE))
    else:
        rows.append(("simpler", "ok", f"{place}: all {len(report.found)} files found", ""))
    if report.substituted:
        names = ", ".join(sorted(report.substituted))
        rows.append(
            ("simpler substitutes", "warn", f"not the original: {names}", "replace them by the originals for scores to be compared")
        )
    return rows
