"""Gymnasium ids of the driving environments: {id: (entry point, kwargs)}."""

from typing import Any

DRIVING_IDS: dict[str, tuple[str, dict[str, Any]]] = {
    "navsim/PDM-v1": ("envs.driving.environment.plan_env:PlanEnv", {"version": "v1"}),
    "navsim/PDM-v2": ("envs.driving.environment.plan_env:PlanEnv", {"version": "v2"}),
    "navsim/TwoStage-v2": ("envs.driving.environment.two_stage_env:TwoStageEnv", {}),
    "driving/ClosedLoop-v0": ("envs.driving.environment.closed_loop_env:ClosedLoopEnv", {}),
}
