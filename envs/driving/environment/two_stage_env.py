"""``navsim/TwoStage-v2``: NAVSIM's two-stage protocol, a *pseudo* closed loop: after a scene the agent is asked in prepared scenes that begin near where its plan could have ended, and those that begin nearest count most.

Nothing that the agent does changes what it is shown: this is no closed loop, and no result of it is called one. For that there is ``driving/ClosedLoop-v0``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from envs.driving.environment.base import Info, Observation
from envs.driving.environment.case import DrivingCase
from envs.driving.environment.plan_env import PlanEnv
from envs.driving.environment.scene_view import SceneUnderPlan, global_plan
from envs.driving.scene import Floats
from envs.driving.scoring.scores import Scores
from envs.driving.scoring.two_stage import group_score, stage_weights

SHOWN: Final = ("nc", "dac", "ddc", "tlc", "ep", "ttc", "lk", "hc", "ec", "score")


class TwoStageEnv(PlanEnv):
    """An episode asks for one plan in each scene of a group: the scene half a second before, the scene now, then each synthetic pair likewise. It terminates after the last.

    Its score (``scores["epdms"]``, reward and progress of the last step) is the group's two-stage EPDMS; success: every plan passed as in ``navsim/PDM-v2``.
    Traffic reacts as NAVSIM's does (``traffic="reactive"``), other arguments as :class:`envs.driving.environment.plan_env.PlanEnv`.
    """

    def __init__(self, traffic: str = "reactive", **base: Any) -> None:
        super().__init__("v2", traffic, **base)

    def begin(self, seed: int, options: Mapping[str, Any]) -> None:
        group = self.source.group(seed, options)
        pairs = ((group.previous, group.now), *((before, now) for now, before in group.pairs))
        self._queue: list[DrivingCase] = [case for pair in pairs for case in pair]
        self._options = dict(options)
        self._done: list[SceneUnderPlan] = []
        self._result: dict[str, float | None] = {}
        self.show(self._queue[0], self._options)

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, Info]:
        self.advance()
        self.judge(action)
        self._done = [*self._done[: len(self._queue) - 1], self.scene]
        events = [(name, {**detail, "scene": self.scene.case.name}) for name, detail in self.scene.events()]
        over = len(self._done) == len(self._queue)
        if over:
            self._result = two_stage(self._done)
        else:
            self.show(self._queue[len(self._done)], self._options)
        info = self.describe(events)
        return self.observe(), float(info["progress"]), over, False, info

    def describe(self, events: list[tuple[str, dict[str, Any]]]) -> Info:
        info = super().describe(events)
        over = bool(self._result)
        columns = ("epdms", *(f"stage{stage}_{name}" for stage in (1, 2) for name in SHOWN))
        info["scores"] = {name: self._result.get(name) for name in columns}
        info["progress"] = float(self._result.get("epdms") or 0.0)
        info["success"] = over and all(scene.passed() for scene in self._done)
        info["subgoals"] = {"first stage": len(self._done) >= 2, "second stage": over}
        return info

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "case": self._queue[1].name, "loop": "pseudo closed", "scenes": len(self._queue)}


def two_stage(scenes: Sequence[SceneUnderPlan]) -> dict[str, float | None]:
    """The aggregate of scenes in the order before, now, before, now, ...: ``epdms``, and every sub-score of each stage (None where no scene has it)."""
    scored = [_scores(scene) for scene in scenes]
    paired: list[Scores] = []
    for before, now in zip(scored[0::2], scored[1::2]):
        later = now.after(before)
        from_before = before.with_extended_comfort(_extended(later))
        paired += [from_before, later]
    found: dict[str, list[float]] = {}
    totals = []
    for member in (0, 1):  # the group of the frame before, and that of the frame now
        first, second = paired[member], paired[member + 2 :: 2]
        weights = _weights(scenes[member], scenes[member + 2 :: 2])
        for name in SHOWN:
            found.setdefault(f"stage1_{name}", []).append(float(first[name][0]))
            if second:
                found.setdefault(f"stage2_{name}", []).append(float(weights @ np.array([float(each[name][0]) for each in second])))
        totals.append(group_score(float(first.score[0]), np.array([float(each.score[0]) for each in second]), weights))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return {"epdms": float(np.mean(totals)), **{name: None if np.isnan(value) else value for name, value in means.items()}}


def _scores(scene: SceneUnderPlan) -> Scores:
    assert scene.scores is not None
    return scene.scores


def _extended(scores: Scores) -> Any:
    from envs.driving.scoring.measure import Measure

    return Measure(np.nan_to_num(scores["ec"], nan=1.0), ~np.isnan(scores["ec"]))


def _weights(first: SceneUnderPlan, second: Sequence[SceneUnderPlan]) -> Floats:
    """(n,) by how near each second-stage scene begins to the end of the first plan; uniform where all are far."""
    if not second:
        return np.zeros(0)
    assert first.plan is not None
    end = global_plan(first.plan[-1:], first.ego_pose)[0, :2]
    return stage_weights(end, np.array([scene.ego_pose[:2] for scene in second]))
