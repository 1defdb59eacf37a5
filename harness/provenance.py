"""What a result was made with: versions, commit, hardware."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import GauntletError

if TYPE_CHECKING:
    from harness.scenario import Scenario

_PACKAGES = ("vla-gauntlet", "gymnasium", "mani-skill", "sapien", "torch", "numpy", "imageio-ffmpeg", "ray")


def provenance(started: str) -> dict[str, Any]:
    """Facts for run.json. ``started``: ISO time; it is metadata, no result depends on it."""
    return {
        "created": started,
        "versions": versions(),
        "git": git_commit(Path.cwd()),
        "hardware": hardware(),
        "python": platform.python_version(),
    }


def data_facts(scenarios: Sequence[Scenario], environ: Mapping[str, str]) -> dict[str, Any]:
    """{"data": {room: what is to be known of the data that these scenarios load}} for run.json, of the rooms whose entry point of ``gauntlet.assets`` has ``facts(scenarios, environ)``. {} where no data is needed.

    ``environ``: variables that the run will set.
    """
    found: dict[str, Any] = {}
    for point in metadata.entry_points(group="gauntlet.assets"):
        own = [scenario for scenario in scenarios if scenario.env.startswith(f"{point.name}/")]
        if not own:
            continue
        facts = getattr(point.load(), "facts", None)
        try:
            if facts is not None:
                found[point.name] = facts(own, environ)
        except GauntletError:  # data that is missing is told by what needs it
            continue
    return {"data": found} if found else {}


def versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_commit(folder: Path) -> dict[str, Any] | None:
    """The commit of the checkout around ``folder`` and whether it has changes; None outside one or without git."""
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
        status = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"], cwd=folder, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": bool(status.stdout.strip())}


def hardware() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory / 2**30, 1), "system": platform.platform()}
