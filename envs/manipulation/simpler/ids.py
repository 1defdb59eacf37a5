"""Gymnasium ids of SIMPLER: {id: (entry point, kwargs)}."""

from typing import Any

ENTRY_POINT = "envs.manipulation.simpler.make:make_simpler"
TASKS = ("PutCarrotOnPlate", "PutSpoonOnTableCloth", "StackGreenCubeOnYellowCube", "PutEggplantInBasket")

SIMPLER_IDS: dict[str, tuple[str, dict[str, Any]]] = {f"simpler/{task}-v0": (ENTRY_POINT, {"task": task}) for task in TASKS}
