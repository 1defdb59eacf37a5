"""The Google Robot's solver works harder while something touches the robot, and no harder else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from envs.manipulation.simpler.contacts import any_presses_from_outside


@dataclass(frozen=True)
class Point:
    impulse: tuple[float, float, float]


@dataclass(frozen=True)
class Contact:
    bodies: tuple[str, str]
    points: tuple[Point, ...]


PRESSED, NEAR = (Point((0.0, 0.0, 0.0)), Point((0.0, 0.1, 0.0))), (Point((0.0, 0.0, 0.0)),)


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        (Contact(("finger", "can"), PRESSED), True),
        (Contact(("can", "finger"), PRESSED), True),
        (Contact(("finger", "can"), NEAR), False),
        (Contact(("finger", "nail"), PRESSED), False),
        (Contact(("table", "can"), PRESSED), False),
    ],
)
def test_what_presses_from_outside(contact: Contact, expected: bool) -> None:
    assert any_presses_from_outside([contact], {"finger", "nail"}) is expected
    assert not any_presses_from_outside([], {"finger"})


@pytest.mark.sim
def test_iterations_follow_the_touch(assets: Path) -> None:
    from envs.manipulation.simpler.google_robot import TOUCHING_ITERATIONS
    from envs.manipulation.simpler.make import make_simpler
    from envs.manipulation.simpler.scene import SOLVER_ITERATIONS

    env = make_simpler("PickCokeCan", assets)
    _, info = env.reset(seed=0, options={"orientation": "laid_vertically", "episode_id": 12})
    articulation = cast(Any, env.task).agent.robot._objs[0]
    iterations: list[int] = []
    while not (info["success"] or len(iterations) == 60):
        _, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
        iterations.append(articulation.solver_position_iterations)
    env.close()
    assert info["success"]
    assert iterations[:5] == [SOLVER_ITERATIONS] * 5  # on its way, the gripper open
    assert iterations[-3:] == [TOUCHING_ITERATIONS] * 3  # it holds the can
    assert np.all(np.diff(iterations) >= 0)
