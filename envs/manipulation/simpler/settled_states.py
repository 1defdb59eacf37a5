"""Where objects came to rest, remembered: the same layout need not fall and settle again.

Only layouts in which every object *fell asleep* are remembered. PhysX takes a sleeping body out of the simulation, and with it what it knew of the body's contacts; one that is put where it lay and to sleep goes on as if it had come
there by itself. One that still moves does not (in the original itself an orange rolls 40 mm when it is put where it was): such a layout settles anew every time.

A state is a JSON text in the cache folder's ``simpler_settled``. Its name is the hash of all that decides it: the layout, the contents of the models' and the stage's files, the physics' settings, the versions of the engine and of
the code here that lets things settle.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from envs.manipulation.simpler.file_hashes import sha256
from harness.disk_cache import cache_folder, cached_file, content_key

KIND = "simpler_settled"
CODE = (
    "settling.py",
    "distractors.py",
    "scene.py",
    "collision_pieces.py",
    "task.py",
    "tasks/put_on.py",
    "tasks/pick.py",
    "tasks/move_near.py",
)  # beside this file
ENGINES = ("sapien", "mani-skill")
POSE = 7  # x y z (m) qw qx qy qz, world

Rest = Mapping[str, list[float]]  # {object: pose}


class SettledStates:
    """Those met so far, and those on the disk. ``kind``: the folder in the cache, or any other by its absolute path."""

    def __init__(self, kind: str = KIND) -> None:
        self._kind = kind
        self._met: dict[str, Rest] = {}

    def find(self, key: str) -> Rest | None:
        if key not in self._met:
            rest = _read(cache_folder(self._kind) / f"{key}.json")
            if rest is None:
                return None
            self._met[key] = rest
        return self._met[key]

    def keep(self, key: str, rest: Rest) -> None:
        self._met[key] = rest
        cached_file(self._kind, f"{key}.json", lambda: json.dumps(rest).encode())


def _read(file: Path) -> Rest | None:
    """A file that is not whole is removed: it will be made anew."""
    if not file.exists():
        return None
    try:
        rest = json.loads(file.read_text())
        if rest and all(len(pose) == POSE and all(math.isfinite(number) for number in pose) for pose in rest.values()):
            return rest
    except (ValueError, TypeError, AttributeError):
        pass
    file.unlink(missing_ok=True)
    return None


def settling_key(layout: Any, files: Iterable[Path]) -> str:
    """``layout``: plain data and arrays, the physics' settings among them; of ``files`` the contents count, not the places."""
    facts = [(file, file.stat()) for file in files]
    hashes = [_content(file, stat.st_size, stat.st_mtime_ns) for file, stat in facts]
    return content_key(json.dumps([layout, hashes], sort_keys=True, default=np.ndarray.tolist), _makers())


@cache
def _content(file: Path, size: int, changed_ns: int) -> str:
    """sha256, read once for each state of the file that the process meets."""
    return sha256(file)


@cache
def _makers() -> str:
    """The code and the engine that let things settle, and the kind of processor, whose floating point they use."""
    here = Path(__file__).parent
    return content_key(platform.machine(), *(version(engine) for engine in ENGINES), *((here / name).read_bytes() for name in CODE))
