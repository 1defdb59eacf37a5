"""Which of our tasks, and which reset options of it, lay out what a recording of the original names by its own environment id and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from envs.manipulation.simpler.google_files import CABINET, TABLE_STAGE
from envs.manipulation.simpler.google_poses import GRID_POSES, POSES
from harness.errors import AssetsError

Facts = Mapping[str, Any]  # of a case, or of a group of teleported states: env_id, make_kwargs, reset_options
PUT_ON = {
    "PutCarrotOnPlateInScene": "PutCarrotOnPlate",
    "PutSpoonOnTableClothInScene": "PutSpoonOnTableCloth",
    "StackGreenCubeOnYellowCubeBakedTexInScene": "StackGreenCubeOnYellowCube",
    "PutEggplantInBasketScene": "PutEggplantInBasket",
}
PLACE_TOLERANCE = 2e-3  # m between a recorded place and that of the protocol which it is taken for
TILTED = {"AltGoogleCamera2": "alternative_2", "AltGoogleCamera": "alternative_1"}  # {part of an id: camera}


def task_of(facts: Facts) -> str:
    """The name of our task. Raises AssetsError for an environment id that the port does not have."""
    name, version = str(facts["env_id"]).rsplit("-", 1)
    if name in PUT_ON:
        return PUT_ON[name]
    if name.startswith("GraspSingleOpenedCokeCan"):
        return "PickCokeCan"
    if name.startswith("GraspSingle"):
        return "PickObject"
    if name.startswith("MoveNear"):
        return "MoveNearV1" if version == "v1" else "MoveNear"
    if name.endswith("DrawerCustomInScene"):
        return name.removesuffix("CustomInScene")
    raise AssetsError(f"a recording of {facts['env_id']}, which is none of SIMPLER's tasks", "take the recording out of manifest.json")


def is_put_on(task: str) -> bool:
    return task in PUT_ON.values()


def with_photograph(facts: Facts) -> bool:
    """Whether the recording is of visual matching."""
    return facts["make_kwargs"].get("rgb_overlay_path") is not None


def options_of(facts: Facts) -> dict[str, Any]:
    """The reset options of our task."""
    task = task_of(facts)
    if is_put_on(task):
        return {"episode_id": int(facts["reset_options"]["obj_init_options"]["episode_id"])}
    family = next(build for start, build in _FAMILIES.items() if task.startswith(start))
    return {"urdf_version": facts["make_kwargs"].get("urdf_version") or "none"} | family(facts)


def _pick(facts: Facts) -> dict[str, Any]:
    kwargs, placed = facts["make_kwargs"], facts["reset_options"]["obj_init_options"]
    flags = [name for name in ("upright", "laid_vertically", "lr_switch") if kwargs.get(name)]
    drawn = facts.get("reset", {}).get("info", {}).get("orientation")
    options = {"xy": list(placed["init_xy"]), "orientation": drawn or placed.get("orientation") or flags[0]}
    model = facts["reset_options"].get("model_id")
    if "Distractor" in facts["env_id"]:
        options["distractors"] = kwargs.get("distractor_config", "less")
    return options | ({"model": model} if model else {}) | _table(facts)


def _near(facts: Facts) -> dict[str, Any]:
    options: dict[str, Any] = {"episode_id": int(facts["reset_options"]["obj_init_options"]["episode_id"])}
    if "BakedTex" not in facts["env_id"]:
        options["models"] = "plain"
    if facts["make_kwargs"].get("no_distractor"):
        options["distractor"] = "absent"
    return options | _table(facts)


def _table(facts: Facts) -> dict[str, Any]:
    kwargs = facts["make_kwargs"]
    options: dict[str, Any] = {}
    if kwargs.get("scene_name", TABLE_STAGE) != TABLE_STAGE:
        options["stage"] = kwargs["scene_name"]
    for name in ("slightly_darker", "slightly_brighter"):
        if kwargs.get(f"{name}_lighting"):
            options["light"] = name
    tilted = [camera for part, camera in TILTED.items() if part in facts["env_id"]]
    return options | ({"camera": tilted[0]} if tilted else {})


def _cabinet(facts: Facts) -> dict[str, Any]:
    kwargs, robot = facts["make_kwargs"], facts["reset_options"]["robot_init_options"]
    visual = with_photograph(facts)
    poses = {name: place[:2] for name, place in (POSES if visual else GRID_POSES).items()}
    options: dict[str, Any] = {"pose": _nearest(facts, poses, robot["init_xy"]), "light": kwargs.get("light_mode") or "default"}
    if kwargs.get("scene_name", "dummy_drawer") != "dummy_drawer":
        options["stage"] = kwargs["scene_name"]
    return options | {"station": kwargs.get("station_name") or (CABINET if visual else "mk_station")}


def _place(facts: Facts) -> dict[str, Any]:
    model = facts["make_kwargs"].get("model_ids", "baked_apple_v2")
    return _cabinet(facts) | {"xy": list(facts["reset_options"]["obj_init_options"]["init_xy"]), "model": model}


_FAMILIES: Mapping[str, Callable[[Facts], dict[str, Any]]] = {
    "Pick": _pick,
    "MoveNear": _near,
    "PlaceInto": _place,
    "Open": _cabinet,
    "Close": _cabinet,
}


def _nearest(facts: Facts, places: Mapping[str, tuple[float, ...]], xy: tuple[float, float]) -> str:
    name = min(places, key=lambda place: float(np.linalg.norm(np.subtract(places[place], xy))))
    if np.linalg.norm(np.subtract(places[name], xy)) > PLACE_TOLERANCE:
        raise AssetsError(f"a recording of {facts['env_id']} with the robot at {list(xy)}, which the protocol does not have", "take it out")
    return name
