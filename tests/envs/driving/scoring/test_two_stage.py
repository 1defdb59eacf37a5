"""How much second-stage scenes count."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.scoring.two_stage import group_score, stage_weights


def test_near_scenes_count_more_by_a_gaussian_of_variance_a_tenth():
    weights = stage_weights(np.zeros(2), np.array([[0.1, 0.0], [0.0, 0.5], [1.0, 0.0]]))
    assert weights.sum() == pytest.approx(1.0)
    assert weights[1] / weights[0] == pytest.approx(np.exp(-(0.25 - 0.01) / 0.2))
    assert weights[2] / weights[0] == pytest.approx(np.exp(-(1.0 - 0.01) / 0.2))


def test_far_from_all_they_count_alike():
    assert stage_weights(np.zeros(2), np.array([[50.0, 0.0], [80.0, 0.0]])).tolist() == [0.5, 0.5]
    assert stage_weights(np.zeros(2), np.array([[2.0, 0.0]])).tolist() == [1.0]


def test_a_group_is_the_product_of_its_stages():
    assert group_score(0.5, np.array([1.0, 0.0]), np.array([0.75, 0.25])) == pytest.approx(0.375)
    assert group_score(0.5, np.zeros(0), np.zeros(0)) == 0.5
