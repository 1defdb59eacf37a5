"""Runs a recorded demonstration again, to keep what the recording left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.conventions.images import resize_area
from agents.training.domain import Domain, domain_named
from agents.training.record import IMAGE_SIZE, RENDER_SIZE, record_episode
from agents.vla.inputs import cropped


@dataclass(frozen=True)
class Repeated:
    """One demonstration of n steps. ``steps``: {name: (n, ...)} as recorded; ``frames`` (n, height, width, 3), what was seen before each action; ``executed`` (n, 7); ``success`` (n,) after each step."""

    instruction: str
    steps: dict[str, NDArray[Any]]
    frames: NDArray[np.uint8]
    executed: NDArray[np.float32]
    success: NDArray[np.bool_]


_ENVIRONMENTS: dict[str, tuple[Domain, _Witness]] = {}  # of this process: making one takes seconds


def repeat_episode(suite: str, task: str, seed: int) -> Repeated:
    """In the simulator; the environment is kept for the next call."""
    if suite not in _ENVIRONMENTS:
        made = domain_named(suite)
        _ENVIRONMENTS[suite] = (made, _Witness(made, made.make(RENDER_SIZE)))
    domain, env = _ENVIRONMENTS[suite]
    # record's default: how often it keeps an image shifts its random numbers, so it must be that of the recording
    recording = record_episode(domain, env, task, seed, image_every=3)
    steps = {name: np.stack([np.asarray(value) for value in values]) for name, values in recording.steps.items()}
    frames = np.stack(env.images[: len(env.executed)])  # the image after the last action belongs to no step
    return Repeated(recording.instruction, steps, frames, np.stack(env.executed), np.array(env.success))


class _Witness:
    """Stands before an environment and keeps the image of every state, what was really executed, and success after every step. Everything else is the environment's own."""

    def __init__(self, domain: Domain, env: Any) -> None:
        self._domain, self._env = domain, env
        self.images: list[NDArray[np.uint8]] = []
        self.executed: list[NDArray[np.float32]] = []
        self.success: list[bool] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    def reset(self, *arguments: Any, **named: Any) -> Any:
        observation, info = self._env.reset(*arguments, **named)
        self.images, self.executed, self.success = [], [], []
        self._look(observation)
        return observation, info

    def step(self, action: Any) -> Any:
        self.executed.append(np.array(action, np.float32))
        result = self._env.step(action)
        self.success.append(bool(result[4]["success"]))
        self._look(result[0])
        return result

    def _look(self, observation: Any) -> None:
        image = cropped(observation["image"][self._domain.camera], self._domain.crop)
        self.images.append(resize_area(image, (IMAGE_SIZE, IMAGE_SIZE)))
