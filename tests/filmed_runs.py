"""Real runs of a toy suite, filmed in different ways, for tests of what shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from harness.agent import Agent
from harness.conformance.toy_env import ToyEnv
from harness.decision import Decision
from harness.evaluation import evaluate
from harness.lazy import LazyDict
from harness.scenario import Scenario
from harness.suite import Suite
from harness.thought import Point, Thought

FILMED = "tests.filmed_runs:gauntlet/Filmed-v0"
HARD = 5
"""control steps that are too few for the expert to arrive"""


class Filmed(ToyEnv):
    """The toy environment with a bird's-eye view that no policy sees."""

    def _info(self) -> dict[str, Any]:
        return {**super()._info(), "views": LazyDict({"bev": lambda: np.full((64, 64, 3), (90, 60, 160), np.uint8)})}


if "gauntlet/Filmed-v0" not in gym.registry:
    gym.register("gauntlet/Filmed-v0", entry_point="tests.filmed_runs:Filmed")


class Pointing(Agent):
    """Goes to the goal, and says where it is; ``slow`` takes half the pace."""

    def __init__(self, slow: bool = False) -> None:
        self.pace = 0.05 if slow else 0.1

    def act(self, observation: Any) -> Decision:
        position, goal = observation["state"]["position"], observation["state"]["goal"]
        x, y = (goal * 63).tolist()
        step = np.clip(goal - position, -self.pace, self.pace).astype(np.float32)
        thought = Thought(
            "the green square is <b>there</b>", "go on", (Point(x, y, "goal", "top"),), seconds={"reason": 0.002, "act": 0.001}
        )
        return Decision(step[None], thought)


class Slow(Pointing):
    def __init__(self) -> None:
        super().__init__(slow=True)


def suite() -> Suite:
    """Five scenarios: two plain ones, the first's perturbed twin, one that nobody solves in time, and one that goes on for seconds."""
    common: dict[str, Any] = {"env": FILMED, "stop_after_success": 2}
    scenarios = [Scenario(seed=k, max_steps=12, tags={"task": "reach"}, **common) for k in range(2)]
    twin = Scenario(seed=0, max_steps=11, tags={"task": "reach", "axis": "noise", "severity": 3, "twin": scenarios[0].id}, **common)
    long = Scenario(seed=5, max_steps=70, env=FILMED, stop_after_success=30, tags={"task": "stay"})
    hard = Scenario(seed=3, max_steps=HARD, tags={"task": "hurry"}, **common)
    return Suite(name="toy/filmed", scenarios=(*scenarios, twin, hard, long))


def make_filmed_runs(root: Path) -> dict[str, Path]:
    """{"quick": no overlays, the image's own size; "slow": with overlays; "blind": without videos} -> run folder."""
    plans: dict[str, tuple[Any, list[str]]] = {
        "quick": (Pointing, ["record=light", "record.overlays=[]", "record.width=null"]),
        "slow": (Slow, ["record=light", "record.width=192"]),
        "blind": (Slow, ["record=none"]),
    }
    for name, (agent, overrides) in plans.items():
        evaluate(suite(), agent, executor="inline", overrides=[f"results={root}", f"name={name}", *overrides], watchers=[])
    return {name: root / name for name in plans}
