"""Generated scenes that several test modules look at, made once."""

from __future__ import annotations

import pytest

from scenarios.driving import GeneratedScene, scene_at, scene_of_kind
from scenarios.driving.situations import SITUATIONS

KINDS = [(form, name) for name, situation in SITUATIONS.items() for form in situation.forms]


@pytest.fixture(scope="session")
def kinds() -> dict[tuple[str, str], GeneratedScene]:
    """One scene of every combination of road form and situation."""
    return {(form, name): scene_of_kind(form, name, "test", 11, place) for place, (form, name) in enumerate(KINDS)}


@pytest.fixture(scope="session")
def series() -> list[GeneratedScene]:
    """The first scenes of a series of the test split."""
    return [scene_at("test", 5, index) for index in range(20)]
