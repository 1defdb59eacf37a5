"""The episode ids' layouts, against the definition of the published protocol (D5)."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from envs.manipulation.simpler.episode_options import choose_episode_id, is_random
from envs.manipulation.simpler.placement import CARROT, CUBES, EGGPLANT, SPOON, Placements, is_protocol, yaw_quaternion
from envs.manipulation.simpler.tasks.put_on_specs import SPECS
from harness.errors import ConfigError


@pytest.mark.parametrize("placements", [CARROT, SPOON, CUBES, EGGPLANT])
def test_every_task_has_24_different_episodes(placements: Placements) -> None:
    assert len(placements) == 24
    assert len({np.concatenate([part.ravel() for part in placements.of(episode)]).tobytes() for episode in range(24)}) == 24


def test_carrot_pairs_and_orientations() -> None:
    corners = [np.array([-0.16 + 0.075 * x, 0.075 * y]) for x, y in product((-1, 1), repeat=2)]
    pairs = [(a, b) for a in corners for b in corners if a is not b]
    for episode in range(24):
        xy, quaternions = CARROT.of(episode)
        source, target = pairs[(episode % 24) // 2]
        np.testing.assert_allclose(xy, [source, target])
        np.testing.assert_allclose(quaternions[0], yaw_quaternion([np.pi, -np.pi / 2][episode % 2]))
        np.testing.assert_allclose(quaternions[1], [1, 0, 0, 0])


def test_eggplant_positions_come_before_orientations() -> None:
    first, second = EGGPLANT.of(2), EGGPLANT.of(3)
    np.testing.assert_allclose(first[0][0], [-0.115, 0.191])
    np.testing.assert_allclose(second[0][0], [-0.115, 0.201])
    np.testing.assert_allclose(first[1][0], yaw_quaternion(-np.pi / 4))
    np.testing.assert_allclose(second[1][0], yaw_quaternion(0))


def test_cubes_use_the_small_square_first() -> None:
    np.testing.assert_allclose(np.abs(CUBES.of(0)[0][0] - [-0.16, 0]), 0.05)
    np.testing.assert_allclose(np.abs(CUBES.of(12)[0][0] - [-0.16, 0]), 0.1)


def test_the_episode_id_is_the_option_or_the_seed() -> None:
    assert choose_episode_id("task", 24, 3, {"episode_id": 17}) == 17
    assert choose_episode_id("task", 24, 27, {}) == 3
    assert choose_episode_id("task", 24, None, {}) == 0


@pytest.mark.parametrize("wrong", [24, -1, 1.5, "3", True])
def test_an_episode_id_out_of_range_is_told(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="0 to 23"):
        choose_episode_id("task", 24, 0, {"episode_id": wrong})


def test_an_unknown_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean episode_id"):
        choose_episode_id("task", 24, 0, {"episode": 1})


@pytest.mark.parametrize("task", sorted(SPECS))
def test_random_layouts_are_none_of_the_protocols(task: str) -> None:
    spec = SPECS[task]
    drawn = [spec.random.draw(np.random.default_rng(seed), spec.placements) for seed in range(300)]
    assert not any(is_protocol(xy, quaternions, spec.placements) for xy, quaternions in drawn)
    assert all(np.linalg.norm(xy[0] - xy[1]) >= spec.random.gap for xy, _ in drawn)
    assert len({xy.tobytes() for xy, _ in drawn}) == 300
    for episode_id in range(24):
        assert is_protocol(*spec.placements.of(episode_id), spec.placements)


def test_a_random_layout_has_no_episode_id() -> None:
    assert is_random("task", {"layout": "random"})
    assert not is_random("task", {"episode_id": 3})
    with pytest.raises(ConfigError, match="in a random layout"):
        choose_episode_id("task", 24, 0, {"episode_id": 3, "layout": "random"})
    with pytest.raises(ConfigError, match="did you mean random"):
        is_random("task", {"layout": "randm"})
