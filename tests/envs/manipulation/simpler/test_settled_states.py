"""Settled states are found again, made anew when anything that decides them changes, and change nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from envs.manipulation.simpler.settled_states import KIND, Rest, SettledStates, settling_key

REST: Rest = {"can": [0.1, 0.2, float(np.float32(0.87)), 1.0, 0.0, 0.0, 0.0]}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAUNTLET_CACHE", str(tmp_path))
    return tmp_path / KIND


def test_found_again_by_another_process(cache: Path) -> None:
    SettledStates().keep("a", REST)
    assert SettledStates().find("a") == REST
    assert SettledStates().find("b") is None


@pytest.mark.parametrize(
    "broken", ["", '{"can": [0.1, 0.2', "[]", "{}", '{"can": [0.1]}', '{"can": [NaN, 0, 0, 1, 0, 0, 0]}', '{"can": "abcdefg"}']
)
def test_a_broken_file_is_made_anew(cache: Path, broken: str) -> None:
    SettledStates().keep("a", REST)
    (cache / "a.json").write_text(broken)
    assert SettledStates().find("a") is None
    SettledStates().keep("a", REST)
    assert json.loads((cache / "a.json").read_text()) == REST


def test_the_key_follows_the_layout_and_the_content_of_the_files(tmp_path: Path) -> None:
    here, there = tmp_path / "a.obj", tmp_path / "b.obj"
    here.write_text("v 0 0 0")
    there.write_text("v 0 0 0")
    key = settling_key([[0.1, 0.2], 513], [here])
    assert settling_key([[0.1, 0.2], 513], [there]) == key  # the same content elsewhere
    assert settling_key([[0.1, 0.3], 513], [here]) != key
    assert settling_key([[0.1, 0.2], 500], [here]) != key
    here.write_text("v 0 0 1 ")
    assert settling_key([[0.1, 0.2], 513], [here]) != key


def episode(
    task_name: str, options: dict[str, object], kind: str, assets: Path, steps: int = 12, may_settle: bool = True
) -> NDArray[np.float32]:
    """(steps, numbers): every joint and object while the scripted expert acts."""
    from envs.manipulation.simpler.make import make_simpler

    env = make_simpler(task_name, assets)
    task = cast(Any, env.task)
    task.settled_states = SettledStates(kind)
    if not may_settle:
        task.settle = lambda: pytest.fail("it settles anew")
    _, info = env.reset(seed=0, options=options)
    rows: list[NDArray[np.float32]] = []
    for _ in range(steps):
        poses = [actor.pose.sp for actor in task.actors().values()]
        rows.append(np.concatenate([task.agent.qpos(), *(np.concatenate([pose.p, pose.q]) for pose in poses)]))
        _, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
    env.close()
    return np.array(rows)


@pytest.mark.sim
@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("StackGreenCubeOnYellowCube", {"episode_id": 5}),
        ("PickCokeCan", {"orientation": "laid_vertically", "episode_id": 12}),
        ("MoveNear", {"episode_id": 16}),
    ],
)
def test_an_episode_from_memory_is_the_one_that_settled(task: str, options: dict[str, object], assets: Path, tmp_path: Path) -> None:
    """Bit for bit, from the first state on and through the grasp."""
    kind = str(tmp_path)  # an absolute folder takes the place of the cache's
    anew = episode(task, options, kind, assets)
    again = episode(task, options, kind, assets, may_settle=False)
    np.testing.assert_array_equal(anew, again)


@pytest.mark.sim
def test_what_still_moves_settles_every_time(assets: Path, tmp_path: Path) -> None:
    """The bottle of move near rolls by itself; in the original too."""
    runs = [episode("MoveNear", {"episode_id": 2}, str(tmp_path), assets, steps=2) for _ in range(2)]
    assert not list(tmp_path.iterdir())
    np.testing.assert_array_equal(runs[0], runs[1])
