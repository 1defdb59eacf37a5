"""The interpreter and its virtual environment."""

from __future__ import annotations

import os
import platform
import sys

from harness.doctor.check import Check

OLDEST, NEWEST = (3, 11), (3, 12)


def check_python() -> Check:
    found = f"{platform.python_version()} ({sys.executable})"
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return Check("python", "ok", found)
    return Check(
        "python",
        "fail",
        found,
        "make distclean, then make setup PYTHON=/path/to/python3.11 (3.11 and 3.12 have wheels of every dependency)",
    )


def check_environment() -> Check:
    if sys.prefix != sys.base_prefix or "CONDA_PREFIX" in os.environ:
        return Check("environment", "ok", sys.prefix)
    return Check(
        "environment",
        "warn",
        "no virtual environment",
        "make setup, then .venv/bin/gauntlet: pinned packages do not mix well with a system's own",
    )
