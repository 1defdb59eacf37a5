"""What an agent decides at one control step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from harness.errors import AgentError
from harness.thought import Thought


@dataclass(frozen=True)
class Decision:
    """``actions``: (T, *action shape); row 0 is executed now, the rest is the plan, recorded but executed only if the agent says it again.

    ``thought`` is None on steps at which the agent did not think anew (it is working off a chunk). ``terminate``: the agent takes what the instruction asks for done; the environment goes on to its next instruction
    (``advance_subtask``), or else the episode ends with this action.
    """

    actions: NDArray[np.floating]
    thought: Thought | None = None
    terminate: bool = False

    @property
    def action(self) -> NDArray[np.floating]:
        return self.actions[0]


class ActionGuard:
    """Checks each executed action against the action space. ``clip`` clips what is out of range instead of refusing it.

    Raises :class:`harness.errors.AgentError` naming the agent, the step and the value.
    """

    def __init__(self, space: spaces.Box, agent: str, clip: bool = False) -> None:
        self.space, self.agent, self.clip = space, agent, clip
        self._low, self._high = space.low, space.high
        self.clipped = 0

    def __call__(self, decision: Decision | NDArray[np.floating], step: int) -> tuple[Decision, NDArray[np.float32]]:
        """The decision (a bare action array is wrapped) and the (checked) action to execute, of the space's dtype."""
        if not isinstance(decision, Decision):
            decision = Decision(np.asarray(decision)[None])
        actions = np.asarray(decision.actions)
        if actions.ndim != len(self.space.shape) + 1 or actions.shape[1:] != self.space.shape or not len(actions):
            raise AgentError(
                f"agent {self.agent}, step {step}: actions of shape {actions.shape}, expected (T, {', '.join(map(str, self.space.shape))})",
                "return Decision(actions) with one row per control step, the row to execute first",
            )
        action = actions[0].astype(self.space.dtype)
        if not np.isfinite(action).all():
            raise AgentError(
                f"agent {self.agent}, step {step}: action {_show(action)} is not finite", "check the policy's un-normalisation"
            )
        if (action < self._low).any() or (action > self._high).any():
            if not self.clip:
                index = tuple(int(i) for i in np.argwhere((action < self._low) | (action > self._high))[0])
                raise AgentError(
                    f"agent {self.agent}, step {step}: action{list(index)} = {action[index]:.6g} is outside "
                    f"[{self._low[index]:.6g}, {self._high[index]:.6g}]",
                    "scale the action, or set actions=clip to clip it",
                )
            self.clipped += 1
            action = np.clip(action, self._low, self._high)
        return decision, action


def _show(action: NDArray[np.floating]) -> str:
    return np.array2string(action, precision=4, threshold=16, separator=", ").replace("\n", "")
