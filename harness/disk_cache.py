"""Files that are made once and kept: under a name that is the hash of what made them, so that a stale one is never found.

They are written under a temporary name and renamed: two processes that start at once both end with a whole file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness.errors import ConfigError


def cache_root() -> Path:
    """``$GAUNTLET_CACHE``, else ``$XDG_CACHE_HOME/gauntlet``, else ``~/.cache/gauntlet``; it may not exist yet."""
    chosen = os.environ.get("GAUNTLET_CACHE")
    return Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gauntlet"


def cache_folder(kind: str) -> Path:
    """The folder ``kind`` of the cache, made when absent. Raises ConfigError where that cannot be."""
    folder = cache_root() / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot create the cache {folder}: {error.strerror or error}", "set GAUNTLET_CACHE to a writable folder"
        ) from error
    return folder


def content_key(*parts: bytes | str) -> str:
    """A short stable name for whatever ``parts`` determine."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def cached_file(kind: str, name: str, make: Callable[[], bytes]) -> Path:
    """The cached file ``name``, made by ``make`` when it is not there yet."""
    path = cache_folder(kind) / name
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


def cached_tree(kind: str, name: str, fill: Callable[[Path], None]) -> Path:
    """The cached folder ``name``; ``fill`` is given an empty folder to fill when it is not there yet."""
    path = cache_folder(kind) / name
    if not path.exists():
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{name}."))
        try:
            fill(temporary)
            temporary.rename(path)
        except OSError:
            if not path.exists():  # else another process was faster, with the same content
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return path
