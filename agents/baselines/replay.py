"""Plays recorded actions back."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from zipfile import BadZipFile

import numpy as np

from harness.agent import Agent, Task
from harness.decision import Decision
from harness.environment import Observation
from harness.errors import AgentError


class ReplayAgent(Agent):
    """Args: path: an .npz with one array ``actions`` (T, *action shape) for every scenario, or one array per scenario id. After the last action it repeats that."""

    privileged: ClassVar[bool] = True  # it must know which scenario it is in

    def __init__(self, path: str) -> None:
        if not Path(path).is_file():
            raise AgentError(f"replay: {path} does not exist", "give agent.path=FILE.npz")
        try:
            with np.load(path, allow_pickle=False) as file:
                self._sequences = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, BadZipFile, TypeError) as error:  # the last: it is a single array
            raise AgentError(f"replay: {path} cannot be read: {error}", "save it with numpy.savez(path, actions=array)") from None

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        actions = self._sequences.get(task.scenario_id, self._sequences.get("actions"))
        if actions is None or not len(actions):
            raise AgentError(
                f"replay: no actions for scenario {task.scenario_id}", "name an array by its id, or one array 'actions' for all"
            )
        self._actions, self._step = actions, 0

    def act(self, observation: Observation) -> Decision:
        row = min(self._step, len(self._actions) - 1)
        self._step += 1
        return Decision(self._actions[row:])
