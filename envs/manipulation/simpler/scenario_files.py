"""Which files of SIMPLER's data a scenario loads. Nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from envs.manipulation.simpler.google_files import cabinet_file, stage_file
from envs.manipulation.simpler.google_variants import CABINET_STAGES
from envs.manipulation.simpler.ids import SIMPLER_IDS
from envs.manipulation.simpler.required_files import TASK_FILES


def files_of(env: str, kwargs: Mapping[str, Any], options: Mapping[str, Any]) -> set[str]:
    """Logical names: those of the task, and the stage and cabinet of the variant that ``options`` name. ``env``: a gymnasium id."""
    known: dict[str, Any] = SIMPLER_IDS[env][1] | dict(kwargs)
    chosen = {**known.get("defaults", {}), **options}
    files = set(TASK_FILES[known["task"]])
    stage, station = chosen.get("stage"), chosen.get("station")
    if stage is not None and stage != CABINET_STAGES[0]:
        files.add(stage_file(stage))
    if station is not None:
        files.add(cabinet_file(station))
    return files
