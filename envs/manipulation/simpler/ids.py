"""Gymnasium ids of SIMPLER: {id: (entry point, kwargs)}. The original's prepackaged names are aliases."""

from typing import Any

ENTRY_POINT = "envs.manipulation.simpler.make:make_simpler"
VECTOR_ENTRY_POINT = "envs.manipulation.simpler.make:make_simpler_vector"  # of gymnasium.make_vec
WIDOWX_TASKS = ("PutCarrotOnPlate", "PutSpoonOnTableCloth", "StackGreenCubeOnYellowCube", "PutEggplantInBasket")
_WHICH = ("", "Top", "Middle", "Bottom")
DRAWER_TASKS = tuple(f"{verb}{which}Drawer" for verb in ("Open", "Close") for which in _WHICH)
PLACE_TASKS = tuple(f"PlaceIntoClosed{which}Drawer" for which in _WHICH)
TASKS = (*WIDOWX_TASKS, "PickCokeCan", "PickObject", "MoveNear", *DRAWER_TASKS, *PLACE_TASKS)


def _aliases() -> dict[str, dict[str, Any]]:
    """{prepackaged name: kwargs}"""
    coke = {"horizontal": "lr_switch", "vertical": "laid_vertically", "standing": "upright"}
    names: dict[str, dict[str, Any]] = {
        "google_robot_pick_coke_can": {"task": "PickCokeCan"},
        **{
            f"google_robot_pick_{word}_coke_can": {"task": "PickCokeCan", "defaults": {"orientation": value}}
            for word, value in coke.items()
        },
        "google_robot_pick_object": {"task": "PickObject"},
        "google_robot_move_near_v0": {"task": "MoveNear"},
        "google_robot_move_near_v1": {"task": "MoveNearV1"},
        "google_robot_move_near": {"task": "MoveNearV1"},
        "google_robot_place_apple_in_closed_top_drawer": {"task": "PlaceIntoClosedTopDrawer"},
        "widowx_spoon_on_towel": {"task": "PutSpoonOnTableCloth"},
        "widowx_carrot_on_plate": {"task": "PutCarrotOnPlate"},
        "widowx_stack_cube": {"task": "StackGreenCubeOnYellowCube"},
        "widowx_put_eggplant_in_basket": {"task": "PutEggplantInBasket"},
    }
    for which in _WHICH:
        middle = f"{which.lower()}_" if which else ""
        names |= {f"google_robot_{verb}_{middle}drawer": {"task": f"{verb.capitalize()}{which}Drawer"} for verb in ("open", "close")}
        names[f"google_robot_place_in_closed_{middle}drawer"] = {"task": f"PlaceIntoClosed{which}Drawer"}
    return names


SIMPLER_IDS: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"simpler/{task}-v0": (ENTRY_POINT, {"task": task}) for task in TASKS},
    "simpler/MoveNear-v1": (ENTRY_POINT, {"task": "MoveNearV1"}),
    **{f"simpler/{name}": (ENTRY_POINT, kwargs) for name, kwargs in _aliases().items()},
}
