"""Labels move with the image, and sentences ask for what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from agents.training.dataset import load
from agents.training.grounding_batch import GroundingSampler, _shifted
from agents.training.recipe import recipe_named
from agents.training.tabletop import TabletopDomain
from agents.vla.reasoner import FACT_SCALE
from agents.vla.vocabulary import Vocabulary
from tests.agents.training.conftest import POINTS, PROJECTION


@pytest.fixture
def sampler(shards: Path, domain: TabletopDomain) -> GroundingSampler:
    from agents.training.recipe import model_config

    data = load(shards, domain)
    vocabulary = Vocabulary(model_config(recipe_named("st4vla-tabletop"), data, domain).words)
    return GroundingSampler(data, domain, vocabulary, np.arange(len(data.frame_image)))


def pixel(point: np.ndarray) -> np.ndarray:
    u, v, w = PROJECTION @ np.append(point, 1.0)
    return np.array([u / w, v / w])


def test_own_sentences_point_at_the_task(sampler: GroundingSampler):
    batch = sampler.of(np.arange(12), np.random.default_rng(0))
    for row in range(12):
        for role in range(2):
            np.testing.assert_allclose(batch.points[row, role] - batch.shift[row], pixel(POINTS[role]), atol=1e-5)
    assert (batch.present == 1).all()
    assert (batch.family == 0).all()
    text, boxes = sampler.vocabulary.decode(batch.tokens[0].tolist())
    assert text == "reach the red cube"
    assert len(boxes) == 2


def test_heights_are_recovered_from_depth(sampler: GroundingSampler):
    np.testing.assert_allclose(sampler._heights[0, :3], POINTS[:, 2], atol=1e-5)
    batch = sampler.batch(40, np.random.default_rng(1), own=0.0)
    heights = batch.facts[:, 0] * FACT_SCALE
    assert {round(float(h), 3) for h in heights} <= {0.02, 0.04}  # the cube or the can, never the plate


def test_other_sentences_leave_open_what_nobody_knows(sampler: GroundingSampler):
    batch = sampler.batch(40, np.random.default_rng(1), own=0.0)
    unsaid = batch.tokens[:, 0] == -1
    assert int(unsaid.sum()) >= 30  # where the scene allows no other sentence, it is the demonstration's own
    assert torch.equal(unsaid, torch.isnan(batch.points[:, 2, 0]))
    assert len(set(batch.family.tolist())) > 1


def test_an_image_is_asked_about_several_times(sampler: GroundingSampler):
    batch = sampler.batch(12, np.random.default_rng(2), views=3)
    assert batch.inputs.image.shape[0] == 4
    assert batch.inputs.words.shape[0] == 12
    assert torch.equal(batch.shift[0], batch.shift[2])


def test_batches_follow_from_the_generator(sampler: GroundingSampler):
    one, two = (sampler.batch(8, np.random.default_rng(5)) for _ in range(2))
    assert torch.equal(one.inputs.image, two.inputs.image)
    assert torch.equal(one.inputs.words, two.inputs.words)


def test_shifting_repeats_the_border():
    image = np.arange(128, dtype=np.uint8)[None, :, None].repeat(128, 0).repeat(3, 2)
    moved = _shifted(image, np.array([3, 0]))
    assert moved[0, :5, 0].tolist() == [0, 0, 0, 0, 1]
