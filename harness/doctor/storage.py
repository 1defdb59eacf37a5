"""Room on the disks, and caches that can be written."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from harness.doctor.check import Check

LOW_GIB, FULL_GIB = 5.0, 0.5  # a run of a thousand episodes with videos takes about 2 GiB


def results_folder() -> Path:
    return Path("results").absolute()


def shader_cache_folder() -> Path:
    """Where Mesa keeps compiled shaders."""
    if folder := os.environ.get("MESA_SHADER_CACHE_DIR"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mesa_shader_cache"


def check_disk(name: str, folder: Path) -> Check:
    """Free space where ``folder`` is, or will be."""
    free = shutil.disk_usage(nearest(folder)).free / 2**30
    found = f"{free:.1f} GiB free at {folder}"
    if free < FULL_GIB:
        return Check(name, "fail", found, "make room, or name another folder")
    if free < LOW_GIB:
        return Check(name, "warn", found, f"make room: under {LOW_GIB:g} GiB a long run with videos may fill it")
    return Check(name, "ok", found)


def check_writable(name: str, folder: Path, variable: str) -> Check:
    """A file can be written there, now or once the folder is made."""
    try:
        with tempfile.TemporaryFile(dir=nearest(folder)):
            pass
    except OSError as error:
        return Check(
            name, "fail", f"{folder} cannot be written: {error.strerror}", f"mend its permissions, or set {variable} to a folder of yours"
        )
    return Check(name, "ok", str(folder))


def check_shader_cache() -> Check:
    if os.environ.get("MESA_SHADER_CACHE_DISABLE", "").lower() in ("1", "true"):
        return Check(
            "shader cache",
            "warn",
            "switched off by MESA_SHADER_CACHE_DISABLE",
            "unset it: every worker compiles its shaders anew",
        )
    check = check_writable("shader cache", shader_cache_folder(), "MESA_SHADER_CACHE_DIR")
    return (
        Check(check.name, "warn", check.found, f"{check.cure} (shaders are compiled anew at every start)")
        if check.status == "fail"
        else check
    )


def nearest(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
