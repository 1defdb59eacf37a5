"""Each variation in the real simulator: the episode begins and renders, things rest, and the default comes back to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from envs.manipulation.tabletop.vocabulary import HELDOUT_SEED_START
from tests.envs.manipulation.tabletop.test_variations import VARIATIONS

pytestmark = pytest.mark.sim
SEED = HELDOUT_SEED_START + 24  # its source is a bottle


def begin(env: Any, **options: Any) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """(third-person picture, all poses, info)."""
    observation, info = env.reset(seed=SEED, options=options)
    poses = np.stack([thing["pose"] for thing in info["privileged"]["objects"].values()])
    return observation["image"]["third_person"].copy(), poses, info


def test_every_variation_begins_and_renders_and_the_default_comes_back(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    picture, poses, info = begin(env)
    assert "variations" not in info["episode"]
    for options in VARIATIONS:
        varied, _, info = begin(env, **options)
        assert info["episode"]["variations"] == options
        assert np.abs(varied.astype(int) - picture).max() > 60, options
        masks = info["privileged"]["masks"]["third_person"]
        seen = {name for label, name in masks["names"].items() if (masks["labels"] == label).any()}
        assert {env.task.layout.source, env.task.layout.target} <= seen, options
        for placed in env.task.layout.objects:  # settled where and how it was put
            state = env.task.world.objects[placed.name]
            assert np.hypot(state.position[0] - placed.x, state.position[1] - placed.y) < 0.01, (options, placed.name)
            assert (abs(state.rotation[2, 2]) < 0.2) == placed.lying, (options, placed.name)
    again, poses_again, _ = begin(env)
    assert np.array_equal(again, picture)
    assert poses_again.tobytes() == poses.tobytes()


def test_background_changes_colours_and_no_state(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    picture, poses, info = begin(env)
    labels = info["privileged"]["masks"]["third_person"]["labels"]
    varied, other_poses, _ = begin(env, background="heldout")
    assert other_poses.tobytes() == poses.tobytes()
    bare = labels == 0  # table and room
    assert bare.mean() > 0.3
    assert np.abs(varied.astype(int) - picture)[bare].max(axis=-1).mean() > 15
    env.reset(seed=SEED)
