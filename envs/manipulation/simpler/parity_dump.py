"""What the port does where the original was recorded, written out so that anyone can compare by their own means.

The folder is laid out as the fixtures are: ``cases/<case>/<sequence>.npz`` with the fixtures' array names and orders, ``cases/<case>/first.png``, and ``teleport/<case>.json`` with the predicates' answers, state by state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.parity_recording import Arrays
from harness.errors import StoreError


class Dump:
    """A folder to write into; without one nothing is written."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = None if folder is None else Path(folder).expanduser()
        if self.folder is None:
            return
        try:
            for part in ("cases", "teleport"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot write into {self.folder}: {error.strerror}", "name another folder with --dump") from error

    def sequence(self, case: str, name: str, arrays: Arrays) -> None:
        if self.folder is not None:
            np.savez_compressed(self._case(case) / f"{name}.npz", allow_pickle=False, **arrays)

    def first_image(self, case: str, image: NDArray[np.uint8]) -> None:
        """``image``: (H, W, 3)."""
        if self.folder is not None:
            cv2.imwrite(str(self._case(case) / "first.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))

    def answers(self, case: str, states: Sequence[Mapping[str, Any]]) -> None:
        """The predicates' answers to a group of teleported states, in the order of the fixtures."""
        if self.folder is not None:
            content = {"case_like": case, "states": list(states)}
            (self.folder / "teleport" / f"{case}.json").write_text(json.dumps(content, indent=1, default=bool) + "\n")

    def _case(self, case: str) -> Path:
        assert self.folder is not None
        folder = self.folder / "cases" / case
        folder.mkdir(exist_ok=True)
        return folder


NO_DUMP = Dump()
