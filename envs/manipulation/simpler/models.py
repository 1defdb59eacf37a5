"""What the original's ``info_*.json`` says of an object model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DEFAULT_DENSITY = 1000.0  # kg/m^3, where the json states none


@dataclass(frozen=True)
class ObjectModel:
    """One object model. ``bbox_min``, ``bbox_max``: (3,) m in the object's own frame, unscaled."""

    name: str
    density: float
    scale: float
    bbox_min: tuple[float, float, float]
    bbox_max: tuple[float, float, float]

    @cached_property
    def extents(self) -> NDArray[np.float64]:
        """(3,) m, in the object's own frame, scaled."""
        return (np.array(self.bbox_max) - np.array(self.bbox_min)) * self.scale


def read_models(info_file: Path) -> dict[str, ObjectModel]:
    """Every model of an info json. All models that the WidowX tasks use come in one scale."""
    models: dict[str, ObjectModel] = {}
    for name, facts in json.loads(info_file.read_text()).items():
        low, high = facts["bbox"]["min"], facts["bbox"]["max"]
        models[name] = ObjectModel(
            name=name,
            density=float(facts.get("density", DEFAULT_DENSITY)),
            scale=float((facts.get("scales") or [1.0])[0]),
            bbox_min=(low[0], low[1], low[2]),
            bbox_max=(high[0], high[1], high[2]),
        )
    return models
