"""Recordings of the original SIMPLER, to test the port against.

The folder (``GAUNTLET_SIMPLER_FIXTURES``) holds ``manifest.json``, which describes itself under ``conventions``; a folder a case with images and an .npz a recorded sequence; and ``teleport/*.json``, states that test the predicates.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.recorded_options import options_of, task_of
from harness.errors import AssetsError

FIXTURES_VARIABLE = "GAUNTLET_SIMPLER_FIXTURES"


@dataclass(frozen=True)
class Case:
    """One recorded reset and the sequences that start from it. ``facts``: its entry in the manifest."""

    folder: Path
    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.facts["id"])

    @property
    def task(self) -> str:
        return task_of(self.facts)

    @property
    def reset_options(self) -> dict[str, Any]:
        return options_of(self.facts)

    @property
    def sequences(self) -> tuple[str, ...]:
        return tuple(self.facts["sequences"])

    def recording(self, sequence: str) -> Mapping[str, NDArray[Any]]:
        """The sequence's arrays: T + 1 rows of state, T rows of actions and results."""
        with np.load(self.folder / self.facts["sequences"][sequence]["file"]) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def first_image(self) -> NDArray[np.uint8]:
        """(H, W, 3): what the policy saw after the reset."""
        return np.asarray(cv2.cvtColor(_read(self.folder / "first.png"), cv2.COLOR_BGR2RGB), np.uint8)

    def first_labels(self) -> NDArray[np.uint8]:
        """(H, W): 0 background, 1 robot, 2... objects."""
        return _read(self.folder / "first_labels.png")

    @property
    def reset_noise(self) -> tuple[float, float]:
        """(mm, degrees) by which the original's own resets of this case differ."""
        noise = self.facts["reset_repeat_objects"]
        return float(noise["pos_mm"]), float(noise["angle_deg"])

    @property
    def pixels_are_original(self) -> bool:
        return not self.facts["substitutes_used"]["pixels"]


class Fixtures:
    """A folder of recordings. ``only``: of them, those whose case's id holds this."""

    def __init__(self, folder: str | Path | None = None, only: str | None = None) -> None:
        self.only = only or ""
        named = str(folder or os.environ.get(FIXTURES_VARIABLE, ""))
        self.folder = Path(named).expanduser()
        if not named or not (self.folder / "manifest.json").is_file():
            raise AssetsError(
                f"no recordings of SIMPLER in {named or 'an unnamed folder'}", f"name their folder with --fixtures or {FIXTURES_VARIABLE}"
            )

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_text())

    def cases(self, task: str | None = None) -> list[Case]:
        """Those of one of our tasks; all, unless told."""
        every = [Case(self.folder / facts["dir"], facts) for facts in self.manifest["cases"] if self.only in facts["id"]]
        return [case for case in every if task in (None, case.task)]

    def tasks(self) -> list[str]:
        """Our tasks that something was recorded of, in the manifest's order."""
        groups = [group for kind in self.teleport_kinds() for group in self.groups(kind)]
        return list(dict.fromkeys([case.task for case in self.cases()] + [task_of(group) for group in groups]))

    def teleport_kinds(self) -> list[str]:
        """The names of the files with teleported states: "put_on", "pick"..."""
        return sorted(path.stem for path in (self.folder / "teleport").glob("*.json"))

    def groups(self, kind: str) -> list[dict[str, Any]]:
        """The groups of teleported states of a file."""
        groups = json.loads((self.folder / "teleport" / f"{kind}.json").read_text())
        return [group for group in groups if self.only in group["case_like"]]

    def teleports(self, task: str) -> list[tuple[str, dict[str, Any]]]:
        """(kind, group) of every group of teleported states of one of our tasks."""
        return [(kind, group) for kind in self.teleport_kinds() for group in self.groups(kind) if task_of(group) == task]


def _read(picture: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise AssetsError(f"{picture} is missing or no picture", "fetch the recordings again")
    return np.asarray(pixels, np.uint8)
