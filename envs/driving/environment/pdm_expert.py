"""PDM-Closed as the environments' scripted expert: it sees the truth, so it is the ceiling."""

from __future__ import annotations

import numpy as np

from envs.driving.environment.ego_status import Plan
from envs.driving.environment.meta_action import meta_action
from envs.driving.scene import Floats, to_global
from harness.environment import ExpertPlan


def expert_plan(plan: Plan, speed: float, ego_pose: Floats) -> ExpertPlan:
    """``plan`` (8, 3) in the ego's frame, what it means in words, and where it is after one, two and four seconds."""
    meta = meta_action(np.asarray(plan, float), speed)
    xy = to_global(np.asarray(plan, float)[[1, 3, 7], :2], ego_pose)
    points = {label: np.array([x, y, 0.0]) for label, (x, y) in zip(("in 1 s", "in 2 s", "in 4 s"), xy)}
    return {"action": np.asarray(plan, np.float32), "subtask": f"{meta['longitudinal']}, {meta['lateral']}", "points": points}
