"""What the port does where the original was recorded, written out so that anyone can compare by their own means.

The folder is laid out as the fixtures are: ``cases/<case>/<sequence>.npz`` with the fixtures' array names and orders, ``cases/<case>/first.png``, and ``teleport/<kind>.json`` with
the predicates' answers: the fixtures' list of groups, each with ``case_like``, ``states`` and, where it has them, ``sequences``, in the fixtures' order. A state's ``result`` is what the port answers once it was put there and
simulated as far as the original was; ``from_recorded_poses``, where that can be told, what its predicates say of the recorded poses and contacts; ``near_threshold``, whether it lies within 1 mm of one.
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
        self._groups: dict[str, dict[str, dict[str, Any]]] = {}
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

    def answers(self, kind: str, case: str, states: Sequence[Mapping[str, Any]], sequence: int | None = None) -> None:
        """The predicates' answers to a group of teleported states, in the order of the fixtures. ``sequence``: which of the group's sequences they are; None for its single states."""
        if self.folder is None:
            return
        group = self._groups.setdefault(kind, {}).setdefault(case, {"case_like": case, "states": []})
        if sequence is None:
            group["states"] = list(states)
        else:
            group.setdefault("sequences", []).append(list(states))
        path = self.folder / "teleport" / f"{kind}.json"
        path.write_text(json.dumps(list(self._groups[kind].values()), indent=1, default=_plain) + "\n")

    def _case(self, case: str) -> Path:
        assert self.folder is not None
        folder = self.folder / "cases" / case
        folder.mkdir(exist_ok=True)
        return folder


def _plain(value: Any) -> Any:
    """A numpy scalar as JSON has it."""
    return value.item()


NO_DUMP = Dump()
