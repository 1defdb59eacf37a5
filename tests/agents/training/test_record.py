"""Recording in the real simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.training.dataset import load
from agents.training.disturbance import Disturbance
from agents.training.record import IMAGE_SIZE, record, record_episode
from agents.training.tabletop import TabletopDomain
from harness.errors import ConfigError


def test_disturbances_come_in_bursts_and_repeat_with_the_seed():
    def run() -> list[bool]:
        disturb = Disturbance(np.random.default_rng(0), rate=0.2)
        return [disturb(np.zeros(7, np.float32), step == 0)[1] for step in range(200)]

    assert run() == run()
    assert 40 < sum(run()) < 160


def test_without_a_burst_the_action_passes():
    disturb = Disturbance(np.random.default_rng(0), rate=0.0)
    action = np.ones(7, np.float32)
    kept, disturbed = disturb(action, False)
    assert kept is action
    assert not disturbed


@pytest.mark.sim
def test_recorded_twice_is_recorded_equally(domain: TabletopDomain, tmp_path: Path):
    env = domain.make(64)
    one = record_episode(domain, env, "Stack", 12, 5)
    record_episode(domain, env, "CloseTopDrawer", 3, 5)
    two = record_episode(domain, env, "Stack", 12, 5)
    assert one.success
    np.testing.assert_array_equal(np.stack(one.steps["action"]), np.stack(two.steps["action"]))
    np.testing.assert_array_equal(np.stack(one.frames["image"]), np.stack(two.frames["image"]))
    with pytest.raises(ConfigError, match="held out"):
        record_episode(domain, env, "Stack", 1_000_000, 5)
    env.close()


@pytest.mark.sim
def test_labels_lie_on_what_they_name(domain: TabletopDomain, tmp_path: Path):
    """The point of the source at the first frame lies inside the box of its mask, and a second call records nothing again."""
    assert record(domain, tmp_path, 3, 40, image_every=50, per_shard=3) == 3
    assert record(domain, tmp_path, 3, 40, image_every=50, per_shard=3) == 0
    data = load(tmp_path, domain)
    for frame in np.flatnonzero(np.isin(data.frame_step, np.flatnonzero(data.frame_of >= 0))):
        names = data.names[frame].tolist()
        for role in data.roles[frame]:
            if role:
                thing = data.things[frame][names.index(role)]
                if thing[6] > 0.001:
                    assert thing[2] - 0.02 <= thing[0] <= thing[4] + 0.02
                    assert thing[3] - 0.02 <= thing[1] <= thing[5] + 0.02
    assert data.image(0).shape == (IMAGE_SIZE, IMAGE_SIZE, 3)
