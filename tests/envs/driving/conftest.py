"""Scenes with the official devkit's answers: a few in the repository, all of them where GAUNTLET_NAVSIM_FIXTURES names their folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from envs.driving.formats import NavsimData

SMALL = Path(__file__).parents[2] / "fixtures" / "navsim"
VARIABLE = "GAUNTLET_NAVSIM_FIXTURES"


@pytest.fixture(scope="session")
def small_folder() -> Path:
    return SMALL


@pytest.fixture(scope="session")
def small() -> NavsimData:
    return NavsimData(SMALL)


@pytest.fixture(scope="session")
def intermediates() -> dict[str, Any]:
    return json.loads((SMALL / "intermediates.json").read_text())


@pytest.fixture(scope="session")
def parity_folder() -> Path:
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} is not set")
    return Path(folder)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the small folder, to spoil."""
    folder = tmp_path / "data"
    shutil.copytree(SMALL, folder)
    return folder
