"""The human filter: what the human driver also failed is not held against the plan (navsim/evaluate/pdm_score.py).

Every sub-score whose human value is 0 is set to 1; 0.5 does not trigger it. Before 2025-09-29 (commit 359c7f7, issue 151) the official scripts changed the columns only, and computed the final score from the unfiltered values:
numbers published before that date need "before-2025-09-29".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from envs.driving.errors import FormatError
from envs.driving.scene import Floats
from harness.errors import did_you_mean


class HumanFilter(StrEnum):
    """``OFF``: raw scores; ``OFFICIAL``: as of v2.2; ``BEFORE_2025_09_29``: columns filtered, final score not."""

    OFF = "off"
    OFFICIAL = "official"
    BEFORE_2025_09_29 = "before-2025-09-29"

    @classmethod
    def chosen(cls, name: str | bool) -> HumanFilter:
        """By value; True is the official one, False none. Raises FormatError."""
        try:
            return cls(name) if isinstance(name, str) else cls.OFFICIAL if name else cls.OFF
        except ValueError:
            raise FormatError(f"there is no human filter {name!r}", did_you_mean(str(name), list(cls))) from None


def filtered(values: Mapping[str, Floats], human: Mapping[str, float] | None) -> dict[str, Floats]:
    """``values`` (B,) by name after the filter; ``human``: the human's, None for scenes that have none."""
    if human is None:
        return dict(values)
    return {name: np.ones_like(column) if human.get(name) == 0.0 else column for name, column in values.items()}
