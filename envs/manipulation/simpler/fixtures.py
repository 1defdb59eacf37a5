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

from harness.errors import AssetsError

FIXTURES_VARIABLE = "GAUNTLET_SIMPLER_FIXTURES"
FAMILIES: Mapping[str, str] = {  # {task: the family of cases that recorded it}
    "PutCarrotOnPlate": "widowx_carrot",
    "PutSpoonOnTableCloth": "widowx_spoon",
    "StackGreenCubeOnYellowCube": "widowx_cube",
    "PutEggplantInBasket": "widowx_eggplant",
}


@dataclass(frozen=True)
class Case:
    """One recorded reset and the sequences that start from it. ``facts``: its entry in the manifest."""

    folder: Path
    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.facts["id"])

    @property
    def reset_options(self) -> dict[str, Any]:
        return {"episode_id": int(self.facts["reset_options"]["obj_init_options"]["episode_id"])}

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
    """A folder of recordings."""

    def __init__(self, folder: str | Path | None = None) -> None:
        named = str(folder or os.environ.get(FIXTURES_VARIABLE, ""))
        self.folder = Path(named).expanduser()
        if not named or not (self.folder / "manifest.json").is_file():
            raise AssetsError(
                f"no recordings of SIMPLER in {named or 'an unnamed folder'}", f"name their folder with --fixtures or {FIXTURES_VARIABLE}"
            )

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_text())

    def cases(self, task: str) -> list[Case]:
        family = FAMILIES[task]
        return [Case(self.folder / facts["dir"], facts) for facts in self.manifest["cases"] if facts["family"] == family]

    def teleports(self, task: str) -> list[dict[str, Any]]:
        """The groups of teleported states of a put-on task."""
        groups = json.loads((self.folder / "teleport" / "put_on.json").read_text())
        return [group for group in groups if group["case_like"].startswith(FAMILIES[task])]

    def noise_floor(self, case: str, sequence: str) -> dict[str, Any]:
        """How far the original itself departs from the recording when it replays the actions (mm); {} where that was not measured."""
        return self.manifest["replay_noise_floor"]["results"].get(f"{case}/{sequence}", {})


def _read(picture: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise AssetsError(f"{picture} is missing or no picture", "fetch the recordings again")
    return np.asarray(pixels, np.uint8)
