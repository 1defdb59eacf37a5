"""The scripted expert solves every task through the public action space."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from envs.manipulation.tabletop.tasks import TASKS
from envs.manipulation.tabletop.vocabulary import HELDOUT_SEED_START

pytestmark = pytest.mark.sim


@pytest.mark.parametrize("task", TASKS)
def test_expert_solves(tabletop_env: Any, task: str) -> None:
    from envs.manipulation.tabletop.expert_table import run_expert

    trial = run_expert(tabletop_env(task), HELDOUT_SEED_START + 500, TASKS[task].max_steps)
    assert trial.success, trial


def test_expert_opens_the_drawer_first(tabletop_env: Any) -> None:
    from envs.manipulation.tabletop.expert_table import run_expert

    trial = run_expert(tabletop_env("PutInDrawer"), HELDOUT_SEED_START, 120, {"drawer": "top", "drawer_start": "closed"})
    assert trial.success, trial


def test_expert_stays_within_the_bounds_and_recovers(tabletop_env: Any) -> None:
    """The gripper is torn open twice on the way; the expert picks the object up again."""
    env = tabletop_env("PutOn")
    _, info = env.reset(seed=HELDOUT_SEED_START + 1)
    source = env.task.layout.source
    torn = 0
    for _ in range(TASKS["PutOn"].max_steps):
        plan = info["privileged"]["expert"]
        assert env.action_space.contains(plan["action"])
        assert plan["subtask"]
        assert all(np.isfinite(point).all() for point in plan["points"].values())
        action = plan["action"].copy()
        thing = env.task.world.objects[source]
        if torn < 2 and source in env.task.world.grasped and thing.bottom > 0.03:
            action[6], torn = 1.0, torn + 1
        _, _, _, _, info = env.step(action)
    assert torn == 2
    assert info["success"]


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_expert_solves_95_percent_of_heldout_seeds(tabletop_env: Any, task: str) -> None:
    from envs.manipulation.tabletop.expert_table import run_expert

    env = tabletop_env(task)
    trials = [run_expert(env, HELDOUT_SEED_START + index, TASKS[task].max_steps) for index in range(50)]
    failed = [trial for trial in trials if not trial.success]
    assert len(failed) <= 2, failed
