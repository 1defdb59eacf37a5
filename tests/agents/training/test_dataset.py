"""What recorded demonstrations become."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.training.dataset import load
from agents.training.record import save_shard
from agents.training.tabletop import TabletopDomain
from agents.vla.reasoning import FACTS
from harness.errors import AgentError
from tests.agents.training.conftest import POINTS, PROJECTION, recording


def test_chunks_stop_at_a_disturbance(shards: Path, domain: TabletopDomain):
    data = load(shards, domain)
    np.testing.assert_allclose(data.chunk[0, :, 0], np.arange(8) / 1000)
    assert data.valid[0].tolist() == [True] * 4 + [False] * 4  # step 3 was disturbed: its own label counts, what followed does not
    assert data.valid[3].tolist() == [True] + [False] * 7
    assert data.valid[4].all()


def test_after_the_last_step_the_robot_holds_still(shards: Path, domain: TabletopDomain):
    data = load(shards, domain)
    np.testing.assert_array_equal(data.chunk[9, 1:, :6], 0)
    np.testing.assert_array_equal(data.chunk[9, :, 6], 1)


def test_failures_are_left_out_and_frames_find_their_steps(shards: Path, domain: TabletopDomain):
    data = load(shards, domain)
    assert data.episodes == 23
    assert len(data.state) == 230
    assert data.frame_step[:5].tolist() == [0, 3, 6, 9, 10]
    assert data.frame_of[3] == 1
    assert data.frame_of[4] == -1
    np.testing.assert_array_equal(data.image(4), recording(1).frames["image"][0])


def test_facts_that_do_not_apply_are_zero(shards: Path, domain: TabletopDomain):
    data = load(shards, domain)
    facts = dict(zip(FACTS, data.facts[0]))
    assert facts["opening"] == 0
    assert facts["target_z"] == pytest.approx(POINTS[1, 2])
    assert facts["source_z"] == pytest.approx(POINTS[0, 2])


def test_one_episode_in_twenty_validates(shards: Path, domain: TabletopDomain):
    data = load(shards, domain)
    assert data.held_out.sum() == 20  # seeds 0 and 20


def test_no_demonstrations_is_an_error(tmp_path: Path, domain: TabletopDomain):
    with pytest.raises(AgentError, match="no demonstrations"):
        load(tmp_path, domain)


def test_held_out_seeds_are_refused(tmp_path: Path, domain: TabletopDomain):
    save_shard(tmp_path / "1000000", [recording(1_000_000)], PROJECTION)
    with pytest.raises(AgentError, match="held out"):
        load(tmp_path, domain)


def test_a_shard_that_was_cut_off_does_not_count(shards: Path, domain: TabletopDomain):
    (shards / "0000004.npz").unlink()
    assert load(shards, domain).episodes == 3
