"""Images now rather than on demand: for programs that keep observations and look at them later (gymnasium's checker, replay buffers)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym


class EagerImages(gym.Wrapper[Any, Any, Any, Any]):
    """Renders every camera at every step into a plain dict, and leaves ``info["privileged"]`` and ``info["views"]`` out: nothing in what it returns can go stale."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return _eager(observation), _public(info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return _eager(observation), reward, terminated, truncated, _public(info)


def _eager(observation: Mapping[str, Any]) -> dict[str, Any]:
    return {**observation, "image": dict(observation["image"].items())}


def _public(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key not in ("privileged", "views")}
