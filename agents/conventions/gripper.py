"""From a policy's gripper value to the environment's.

SIMPLER's grippers differ: WidowX takes a position, +1 open and -1 closed; the Google Robot takes a change, +1 close, -1 open, 0 keep. Policies trained on Open X-Embodiment say *openness* (1 open, 0 closed); RT-1 says
*closedness* change in [-1, 1]. Each rule here is called once per executed step, in order; :meth:`Gripper.reset` forgets an episode.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from harness.errors import AgentError


class Gripper(ABC):
    """One policy value -> one environment value."""

    def reset(self) -> None:  # noqa: B027 (most have nothing to forget)
        """Forget the episode."""

    @abstractmethod
    def __call__(self, value: float) -> float: ...


class BinaryGripper(Gripper):
    """WidowX: openness -> 2 * (openness > 0.5) - 1. Octo, OpenVLA, InternVLA-M1 in SimplerEnv ("repeat 1")."""

    def __call__(self, value: float) -> float:
        return 1.0 if value > 0.5 else -1.0


class StickyGripper(Gripper):
    """Google Robot: openness -> change of closedness, held once it is large.

    relative = previous openness - present openness (0 at the first step). When |relative| > 0.5 and nothing is being held, that value is given for ``repeats`` steps, this one included; meanwhile the policy is not heard.

    Args:
        repeats: 15 in SimplerEnv's Octo and OpenVLA wrappers; 10 in GR00T's and InternVLA-M1's (third-party).
        remember: which openness is "previous". ``always``: that of the last step (Octo, OpenVLA), so that only a fast change counts. ``switch``: that of the last switch, at first that of the first step (GR00T,
            InternVLA-M1), so that a slow change counts too, and a small lasting difference is passed on at every step.
    """

    def __init__(self, repeats: int = 15, remember: Literal["always", "switch"] = "always") -> None:
        if repeats < 1 or remember not in ("always", "switch"):
            raise AgentError(f"sticky gripper with repeats={repeats}, remember={remember!r}", "repeats >= 1; remember is always or switch")
        self.repeats, self.remember = repeats, remember
        self.reset()

    def reset(self) -> None:
        self._previous: float | None = None
        self._held = 0.0
        self._left = 0

    def __call__(self, value: float) -> float:
        relative = 0.0 if self._previous is None else self._previous - value
        switches = abs(relative) > 0.5 and self._left == 0
        if self._previous is None or switches or self.remember == "always":
            self._previous = value
        if switches:
            self._held, self._left = relative, self.repeats
        if self._left > 0:
            self._left -= 1
            return self._held
        return relative


class DeadZoneGripper(Gripper):
    """RT-1 on the Google Robot: closedness change as it is, but 0 where it is smaller than 0.01 (SimplerEnv's small-action filter)."""

    def __call__(self, value: float) -> float:
        return 0.0 if abs(value) < 0.01 else float(value)


class InvertedBinaryGripper(Gripper):
    """RT-1-X on WidowX: closedness (1 closed, -1 open) inverted, then binarised at 0: 2 * (-closedness > 0) - 1; exactly 0 closes."""

    def __call__(self, value: float) -> float:
        return 1.0 if -value > 0.0 else -1.0


GRIPPERS: dict[str, type[Gripper]] = {
    "binary": BinaryGripper,
    "sticky": StickyGripper,
    "dead_zone": DeadZoneGripper,
    "inverted_binary": InvertedBinaryGripper,
}
