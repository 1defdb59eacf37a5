"""From a scene and its map to all that scoring needs: route correction, centreline, PDM-Closed, objects, areas."""

from __future__ import annotations

from envs.driving.map import DrivingMap
from envs.driving.scene import Scene
from envs.driving.scoring.metric_cache import SceneCache, scene_basis, with_plan


def build_scene_cache(scene: Scene, driving_map: DrivingMap, version: str = "v2") -> SceneCache:
    """The cache of one scene. Raises FormatError for scenes that are too short, RouteError for those without a usable route."""
    from envs.driving.planner.pdm_closed import plan_pdm_closed  # the planner scores its proposals

    basis = scene_basis(scene, driving_map, version)
    return with_plan(basis, plan_pdm_closed(basis).trajectory)
