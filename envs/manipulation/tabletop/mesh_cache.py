"""Mesh files made by code, kept on disk under a name that is the hash of what made them.

SAPIEN builds shapes from files and remembers a file it has loaded, so a mesh that lives in a file is parsed once a process instead of once an episode. Files are written under a temporary name and renamed, so two
processes that start at once both end with a whole file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness.errors import ConfigError


def cache_folder() -> Path:
    """``$GAUNTLET_CACHE``, else ``$XDG_CACHE_HOME/gauntlet``, else ``~/.cache/gauntlet``; created when absent."""
    chosen = os.environ.get("GAUNTLET_CACHE")
    if chosen:
        folder = Path(chosen)
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gauntlet"
    folder = folder / "meshes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot create the mesh cache {folder}: {error}", "set GAUNTLET_CACHE to a writable folder") from error
    return folder


def content_key(*parts: bytes | str) -> str:
    """A short stable name for whatever ``parts`` determine."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def cached_file(name: str, make: Callable[[], bytes]) -> Path:
    """The cached file ``name``, made by ``make`` when it is not there yet."""
    path = cache_folder() / name
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(make())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    return path
