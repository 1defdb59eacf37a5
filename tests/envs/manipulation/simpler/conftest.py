"""SIMPLER's data and the recordings of the original are not the project's: tests that need them are skipped, with the reason, where they are absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.assets import ASSETS_VARIABLE
from envs.manipulation.simpler.fixtures import FIXTURES_VARIABLE, Fixtures


def folder_named_by(variable: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def assets() -> Path:
    return folder_named_by(ASSETS_VARIABLE)


@pytest.fixture(scope="session")
def fixtures() -> Fixtures:
    return Fixtures(folder_named_by(FIXTURES_VARIABLE))


@pytest.fixture(scope="session")
def carrot(assets: Path) -> Iterator[ManipulationEnv]:
    """One environment for all tests: what one leaves behind must not reach the next."""
    from envs.manipulation.simpler.make import make_simpler

    env = make_simpler("PutCarrotOnPlate", assets)
    yield env
    env.close()
