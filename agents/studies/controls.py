"""Controls: the same policy with a sense taken away. What it still solves, it does not solve by that sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agents.vla.agent import VlaAgent
from harness.environment import Observation
from harness.policy import Policy, Request


class DeprivedVlaAgent(VlaAgent):
    """Args: blind: every image is grey; mute: every instruction is empty; else as :class:`agents.vla.agent.VlaAgent`."""

    def __init__(
        self, policy: Policy, cameras: Sequence[str] = ("third_person",), execute: int = 4, blind: bool = False, mute: bool = False
    ) -> None:
        super().__init__(policy, cameras, execute)
        self.blind, self.mute = blind, mute

    def request(self, observation: Observation, step: int) -> Request:
        request = super().request(observation, step)
        if self.blind:
            request = replace(request, images={camera: np.full_like(image, 127) for camera, image in request.images.items()})
        return replace(request, instruction="") if self.mute else request
