"""Plays trajectories from a file back, scene by scene: a policy that ran elsewhere, in the layout of ``gauntlet navsim score``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.agent import Agent
from harness.environment import Observation
from harness.errors import AgentError, did_you_mean

POSES, PERIOD_S = 8, 0.5


class TrajectoryReplayAgent(Agent):
    """Args:
    path: a JSON of {token: [{"name", "dt", "poses"}, ...]}, as ``gauntlet navsim score`` reads, or of {token: [[x, y, heading], ...]} with poses at 2 Hz.
    slot: which of several trajectories of a scene: its number, or its name.

    Anything else than 8 poses at 2 Hz is resampled linearly; what ends before 4 s stays at its last pose.
    """

    privileged: ClassVar[bool] = True  # it must know which scene it is in

    def __init__(self, path: str, slot: int | str = 0) -> None:
        if not Path(path).is_file():
            raise AgentError(f"trajectory replay: {path} does not exist", "give agent.path=trajectories.json")
        try:
            content = json.loads(Path(path).read_text())
        except (OSError, ValueError) as error:
            raise AgentError(f"trajectory replay: {path} cannot be read: {error}", "give a JSON of trajectories by scene token") from None
        if not isinstance(content, dict) or not content:
            raise AgentError(f"trajectory replay: {path} holds no trajectories by token", "write {token: [[x, y, heading], ...]}")
        self._by_token: dict[str, Any] = content
        self.path, self.slot = path, slot

    def act(self, observation: Observation) -> NDArray[np.float32]:
        token = str(observation.get("privileged", {}).get("token", ""))
        if token not in self._by_token:
            raise AgentError(f"trajectory replay: {self.path} has no trajectory for scene {token!r}", did_you_mean(token, self._by_token))
        entry = self._by_token[token]
        chosen = self._chosen(entry, token) if entry and isinstance(entry[0], dict) else {"poses": entry}
        return _eight_poses(chosen.get("poses"), float(chosen.get("dt", PERIOD_S)), token)

    def _chosen(self, entry: list[dict[str, Any]], token: str) -> dict[str, Any]:
        if isinstance(self.slot, int):
            if 0 <= self.slot < len(entry):
                return entry[self.slot]
            raise AgentError(
                f"trajectory replay: scene {token} has {len(entry)} trajectories, none of number {self.slot}", "give agent.slot"
            )
        named = {str(each.get("name", "")): each for each in entry}
        if self.slot not in named:
            raise AgentError(f"trajectory replay: scene {token} has no trajectory {self.slot!r}", did_you_mean(self.slot, named))
        return named[self.slot]


def _eight_poses(rows: Any, dt: float, token: str) -> NDArray[np.float32]:
    try:
        poses: NDArray[np.float64] = np.array(rows, np.float64)
    except (TypeError, ValueError):
        poses = np.zeros((0, 3))
    if poses.ndim != 2 or poses.shape[1] != 3 or not len(poses) or not np.isfinite(poses).all() or not dt > 0:
        raise AgentError(f"trajectory replay: the trajectory of scene {token} is no list of x, y, heading", "write n rows of three numbers")
    path = np.vstack([np.zeros(3), poses])
    path[:, 2] = np.unwrap(path[:, 2])
    times = PERIOD_S * np.arange(1, POSES + 1)
    plan = np.column_stack([np.interp(times, dt * np.arange(len(path)), path[:, axis]) for axis in range(3)])
    plan[:, 2] = (plan[:, 2] + np.pi) % (2 * np.pi) - np.pi
    return plan.astype(np.float32)
