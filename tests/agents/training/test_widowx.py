"""SIMPLER's WidowX tasks as a training domain."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from agents.training.dataset import load
from agents.training.grounding_batch import GroundingSampler
from agents.training.recipe import RECIPES, fresh_model
from agents.training.record import record_episode, save_shard
from agents.training.widowx import WidowXDomain
from agents.vla.vocabulary import split_words
from envs.manipulation.simpler.placement import is_protocol
from envs.manipulation.simpler.tasks.put_on_specs import SPECS
from harness.errors import ConfigError

needs_assets = pytest.mark.skipif("GAUNTLET_SIMPLER_ASSETS" not in os.environ, reason="GAUNTLET_SIMPLER_ASSETS is not set")


@pytest.fixture(scope="module")
def domain() -> WidowXDomain:
    return WidowXDomain()


def test_every_word_that_can_be_said_is_known(domain: WidowXDomain):
    known = {word for text in domain.sentences() for word in split_words(text)} | {
        "box",
        "tin",
        "dish",
        "towel",
        "napkin",
        "bin",
        "hamper",
        "vegetable",
    }
    rng = np.random.default_rng(0)
    for task, spec in SPECS.items():
        assert set(split_words(spec.instruction)) <= known
        for _ in range(100):
            assert set(split_words(domain.rephrase(task, *spec.short_names, rng))) <= known


def test_the_other_sentence_turns_the_roles_round(domain: WidowXDomain):
    other = domain.alternatives("PutCarrotOnPlate", {"carrot": True, "plate": False}, np.random.default_rng(0))
    assert other is not None
    assert (other.source, other.target) == ("plate", "carrot")
    assert "plate" in other.text or "dish" in other.text


@pytest.mark.sim
@needs_assets
def test_recording_in_two_views(domain: WidowXDomain, tmp_path: Path):
    """One episode on the table and one at the sink: solved, never a layout of the protocol, labels where the things are, and the two cameras told apart."""
    env = domain.make(256)
    recordings, projections = [], []
    for task in ("StackGreenCubeOnYellowCube", "PutEggplantInBasket"):
        recordings.append(record_episode(domain, env, task, 3, 8))
        assert recordings[-1].success
        assert env.now.task.episode_id is None
        xy, quaternions = env.now.task.layout
        assert not is_protocol(xy, quaternions, SPECS[task].placements)
        _, info = domain.begin(env, task, 3, np.random.default_rng(0))
        projections.append(domain.projection(info))
        truth = domain.truth(env, info)
        again = projections[-1] @ np.append(truth.things[0].point, 1.0)
        np.testing.assert_allclose(recordings[-1].frames["things"][0][0, :2], again[:2] / again[2], atol=1e-6)
    with pytest.raises(ConfigError, match="held out"):
        domain.begin(env, "PutCarrotOnPlate", 1_000_000, np.random.default_rng(0))
    env.close()
    save_shard(tmp_path / "0000000", recordings, np.stack(projections))
    data = load(tmp_path, domain)
    for frame in range(len(data.things)):
        point, box = data.things[frame, 0, :2], data.things[frame, 0, 2:6]
        if box[0] == box[0]:
            assert np.all(box[:2] - 0.03 <= point), frame
            assert np.all(point <= box[2:] + 0.03), frame
    model = fresh_model(RECIPES["vanilla-widowx"], data, domain)
    assert model.config.family_views == (0, 0, 1)
    heights = GroundingSampler(data, domain, model.vocabulary, np.arange(len(data.things)))._heights
    np.testing.assert_allclose(heights[:, 0], data.source[data.frame_step][:, 2], atol=1e-4)
