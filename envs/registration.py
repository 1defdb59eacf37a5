"""Gymnasium ids of the rooms under ``envs``.

The harness calls :func:`register_envs` through the entry-point group ``gauntlet.envs``; importing ``envs`` calls it too, so that ``gymnasium.make("envs:tabletop/PutOn-v0")`` works. Nothing heavy may be imported
here: entry points of environments are strings.
"""

from __future__ import annotations

import warnings

import gymnasium as gym


def register_envs() -> None:
    # v1 and v2 are two published scores, not an old and a new version of one environment
    warnings.filterwarnings("ignore", message=".*navsim/PDM-v1 is out of date.*", category=DeprecationWarning)
    from envs.driving.environment.ids import DRIVING_IDS
    from envs.manipulation.simpler.ids import SIMPLER_IDS, VECTOR_ENTRY_POINT
    from envs.manipulation.tabletop.ids import TABLETOP_IDS

    for env_id, (entry_point, kwargs) in {**TABLETOP_IDS, **SIMPLER_IDS, **DRIVING_IDS}.items():
        if env_id not in gym.registry:
            vector = VECTOR_ENTRY_POINT if env_id in SIMPLER_IDS else None
            # gymnasium's passive checker compares each info with the one before, whose lazy parts are over
            gym.register(id=env_id, entry_point=entry_point, vector_entry_point=vector, kwargs=kwargs, disable_env_checker=True)
