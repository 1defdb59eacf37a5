"""A frame is rendered when somebody looks, and not otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.conformance.toy_env import ToyEnv
from harness.env_maker import make_env
from harness.policy import Policy, PolicyAgent, Request, Response
from harness.rollout import rollout
from harness.scenario import Scenario


class Chunks(Policy):
    """Eight actions an answer."""

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [Response(np.zeros((8, 2))) for _ in requests]


@pytest.mark.parametrize(("execute", "frames"), [(8, 3), (4, 6), (1, 24)])
def test_one_frame_a_chunk(execute: int, frames: int) -> None:
    scenario = Scenario(env=f"{ToyEnv.__module__}:gauntlet/Toy-v0", max_steps=24)
    env = make_env(scenario)
    rollout(scenario, env, PolicyAgent(Chunks(), execute=execute))
    toy: Any = env.unwrapped
    assert toy.frames_rendered == frames
