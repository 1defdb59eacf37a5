"""The decorator of compiled functions: compiled at the first call, and kept on disk for the processes that follow.

numba looks at a function's own file to see whether what it kept is stale, and not at the files of the functions that were compiled into it. So the folder's name is a hash of all the sources of the rooms with kernels (constants are compiled
in too): change one, and all are compiled again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from numba import njit
from numba.core import config

from harness.disk_cache import cache_folder
from harness.errors import GauntletError

ROOMS = ("planner", "scoring", "traffic", "vehicle")
Function = TypeVar("Function", bound=Callable[..., Any])
_settings: Any = config


@lru_cache(maxsize=1)
def kernel_folder() -> str:
    """Where compiled kernels are kept: below ``NUMBA_CACHE_DIR`` where that is set, else in Gauntlet's cache; '' where that cannot be written, and numba then keeps them beside the sources."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for file in sorted((Path(__file__).parent / room).glob("*.py")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    try:
        base = Path(_settings.CACHE_DIR) if _settings.CACHE_DIR else cache_folder("kernels")
    except GauntletError:
        return ""
    return str(base / digest.hexdigest()[:16])


def kernel(function: Function) -> Function:
    """``function`` compiled by numba without Python objects; dividing by zero gives infinity or NaN, as in numpy."""
    before = _settings.CACHE_DIR
    _settings.CACHE_DIR = kernel_folder()
    try:
        compiled: Any = njit(cache=True, error_model="numpy")(function)
        return compiled
    finally:
        _settings.CACHE_DIR = before
