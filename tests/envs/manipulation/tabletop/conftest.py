"""One simulator per task for the whole run: making one costs a second, the first one several."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from envs.manipulation.adapter import ManipulationEnv

MakeEnv = Callable[[str], ManipulationEnv]


@pytest.fixture(scope="session")
def tabletop_env() -> Iterator[MakeEnv]:
    """``tabletop_env("PutOn")``: an environment with 64 px cameras, shared by all tests; reset it before use."""
    from envs.manipulation.tabletop.environment import make_tabletop

    made: dict[str, ManipulationEnv] = {}

    def make(task: str) -> ManipulationEnv:
        if task not in made:
            made[task] = make_tabletop(task, camera_size=64)
        return made[task]

    yield make
    for env in made.values():
        env.close()
