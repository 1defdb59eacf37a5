"""Pickles that the official devkit can load: nuPlan's class names without nuPlan, NumPy's names as every NumPy since 1.x knows them."""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any, cast

from envs.driving.formats.nuplan_objects import NuplanObject

PROTOCOL = 4


_PurePickler: Any = pickle._Pickler


class _Pickler(_PurePickler):
    """The pickler in Python: the one in C insists on importing every class it names."""

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, NuplanObject):
            return NotImplemented
        if obj.is_enum:
            return type(obj), (obj.get("value"),)
        state = (None, obj.state) if obj.slotted else obj.state
        return cast(Any, copyreg).__newobj__, (type(obj),), state  # which typeshed does not name

    def save_global(self, obj: Any, name: str | None = None) -> None:
        if isinstance(obj, type) and issubclass(obj, NuplanObject):
            self._named(obj, obj.module, obj.__name__)
        elif (module := getattr(obj, "__module__", None) or "").startswith("numpy._core"):
            self._named(obj, module.replace("numpy._core", "numpy.core", 1), name or obj.__name__)
        else:
            super().save_global(obj, name)

    def _named(self, obj: Any, module: str, name: str) -> None:
        self.save(module)
        self.save(name)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)


def pickled(content: Any) -> bytes:
    buffer = io.BytesIO()
    pickler = _Pickler(buffer, PROTOCOL)
    pickler.dump(content)
    return buffer.getvalue()


def write_pickle(path: Path, content: Any) -> None:
    """Written under a temporary name and renamed: no half file is ever found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pickled(content))
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
