"""Filmed runs, and copies of them to damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from tests.filmed_runs import make_filmed_runs


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """{"quick": no overlays; "slow": with overlays; "blind": without videos} -> run folder."""
    return make_filmed_runs(tmp_path_factory.mktemp("filmed"))


@pytest.fixture
def copied(filmed: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """``copied(name)``: a copy of that run to damage."""
    return lambda name: Path(shutil.copytree(filmed[name], tmp_path / "copies" / name))


def frames_of(path: Path) -> list[Any]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
