"""Agents that drive a plan which the environment knows: the log's, PDM-Closed's, the intelligent driver model's."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from harness.agent import Agent
from harness.decision import Decision
from harness.environment import Observation
from harness.errors import AgentError
from harness.thought import Thought


class PrivilegedPlanAgent(Agent):
    """Drives ``observation["privileged"][plan]``, (8, 3) poses in the ego's frame."""

    privileged: ClassVar[bool] = True
    plan: ClassVar[str] = ""
    cure: ClassVar[str] = "run it in a driving environment"

    def act(self, observation: Observation) -> Decision:
        plan = observation.get("privileged", {}).get(self.plan)
        if plan is None:
            raise AgentError(f"{self.plan}: this scene has no such plan", self.cure)
        return Decision(np.asarray(plan, np.float32)[None], Thought(subtask=self.words(np.asarray(plan, float), observation)))

    def words(self, plan: np.ndarray, observation: Observation) -> str:
        """What the plan means, for videos and layer scores."""
        speed = float(np.hypot(*np.asarray(observation["state"]["velocity"], float)[:2]))
        last = float(np.hypot(*(plan[-1, :2] - plan[-2, :2]))) / 0.5
        pace = (
            "stop"
            if last < 0.5
            else "accelerate"
            if last > speed + max(1.0, 0.15 * speed)
            else "decelerate"
            if last < speed - max(1.0, 0.15 * speed)
            else "maintain"
        )
        turn = "turn left" if plan[-1, 2] > 0.35 else "turn right" if plan[-1, 2] < -0.35 else "keep"
        if turn == "keep" and abs(plan[-1, 1]) > 1.8:
            turn = "change left" if plan[-1, 1] > 0 else "change right"
        return f"{pace}, {turn}"


class HumanAgent(PrivilegedPlanAgent):
    """What the log's driver did next. In a closed loop: where the log's driver was at the same times, whatever the others do now."""

    plan: ClassVar[str] = "human"
    cure: ClassVar[str] = "synthetic two-stage scenes have no human future: run pdm_closed there"


class PdmClosedAgent(PrivilegedPlanAgent):
    """PDM-Closed (Dauner et al., CoRL 2023), which sees true boxes, lights and map: the ceiling."""

    plan: ClassVar[str] = "pdm_closed"


class IdmAgent(PrivilegedPlanAgent):
    """The centreline at the pace of the intelligent driver model; never leaves its lane."""

    plan: ClassVar[str] = "idm"
