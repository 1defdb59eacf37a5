"""Pickles of NAVSIM, loaded without trust: an allow-list of names, everything else is refused.

A pickle is a program: whatever name it asks for is imported and called. Logs and synthetic scenes need NumPy's array constructors, the path class of camera files and a few nuPlan data classes; those last become
:mod:`envs.driving.formats.nuplan_objects`. Whatever else is named ends in :class:`UnsafePickleError`, before anything of it runs.
"""

from __future__ import annotations

import importlib
import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from envs.driving.errors import FormatError, UnsafePickleError
from envs.driving.formats.nuplan_objects import GEOMETRIES, STAND_INS, Geometry

_CORE = "numpy._core" if int(np.__version__.split(".")[0]) >= 2 else "numpy.core"


def _latin1(text: str, encoding: str = "latin1") -> bytes:
    """What old pickles call to make bytes of a str."""
    if encoding not in ("latin1", "latin-1", "bytes"):
        raise UnsafePickleError(f"the pickle encodes text as {encoding!r}", "write it again with a newer Python")
    return str(text).encode("latin1")


def _allowed() -> dict[tuple[str, str], Callable[..., Any]]:
    multiarray, numeric = importlib.import_module(f"{_CORE}.multiarray"), importlib.import_module(f"{_CORE}.numeric")
    names: dict[tuple[str, str], Callable[..., Any]] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _latin1,
        ("collections", "OrderedDict"): OrderedDict,
    }
    for package in ("numpy.core", "numpy._core"):
        names[f"{package}.multiarray", "_reconstruct"] = multiarray._reconstruct
        names[f"{package}.multiarray", "scalar"] = multiarray.scalar
        names[f"{package}.numeric", "_frombuffer"] = numeric._frombuffer
    for module in ("pathlib", "pathlib._local"):
        for path in ("PosixPath", "PurePosixPath", "Path"):
            names[module, path] = PurePosixPath
    names |= dict.fromkeys(GEOMETRIES, Geometry)
    return names | dict(STAND_INS)


ALLOWED: Mapping[tuple[str, str], Callable[..., Any]] = _allowed()


class AllowListUnpickler(pickle.Unpickler):
    """Loads what :data:`ALLOWED` names."""

    def __init__(self, file: io.BytesIO, where: str) -> None:
        super().__init__(file)
        self.where = where

    def find_class(self, module: str, name: str) -> Any:
        found = ALLOWED.get((module, name))
        if found is None:
            raise UnsafePickleError(
                f"{self.where} asks for {module}.{name}, which no NAVSIM file needs",
                "do not load this file anywhere; fetch it again from its source",
            )
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafePickleError(f"{self.where} refers to objects outside of itself", "fetch it again from its source")


def load_pickle(path: Path) -> Any:
    """The content of ``path``. Raises FormatError for an absent or corrupt file, UnsafePickleError for one that names what it should not."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror or error})", "check the path, or fetch it again") from None
    try:
        return AllowListUnpickler(io.BytesIO(data), str(path)).load()
    except UnsafePickleError:
        raise
    except Exception as error:  # a corrupt pickle can fail in any way that its opcodes can
        raise FormatError(f"{path} is no whole pickle ({type(error).__name__}: {error})", "fetch it again") from None
