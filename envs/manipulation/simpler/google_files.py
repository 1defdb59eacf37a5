"""Which files of SIMPLER's data the Google Robot and its tasks load, by logical name (see :mod:`envs.manipulation.simpler.required_files`).

Listed are those of visual matching. A variant's own stage or cabinet is looked for when an episode asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from envs.manipulation.simpler.model_files import model_files
from envs.manipulation.simpler.near_layouts import MODELS_V0, MODELS_V1

COLOURS = ("none", "recolor_tabletop_visual_matching_1", "recolor_tabletop_visual_matching_2", "recolor_cabinet_visual_matching_1")
PICK_MODELS = (
    "opened_pepsi_can",
    "opened_coke_can",
    "opened_sprite_can",
    "opened_fanta_can",
    "opened_redbull_can",
    "blue_plastic_bottle",
    "apple",
    "orange",
    "sponge",
    "bridge_spoon_generated_modified",
)
TABLE_STAGE = "google_pick_coke_can_1_v4"
CABINET = "mk_station_recolor"
DRAWER_POSES = ("a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2")
DRAWERS = ("top", "middle", "bottom")

_URDF = "googlerobot/google_robot_meta_sim_fix_wheel_fix_fingertip"
_PLAIN = ("link_finger_nail", "link_head_pan", "link_head_tilt", "link_torso", "link_wheel")
_RECOLOURED = (
    "link_bicep",
    "link_elbow",
    "link_finger_base_simplified",
    "link_finger_tip_simplified",
    "link_forearm",
    "link_gripper",
    "link_shoulder",
    "link_wrist",
)
_COLLISION = (
    *(f"link_base_{number}.glb" for number in range(6)),
    *(
        f"link_{part}_vhacd.obj"
        for part in ("bicep", "elbow", "forearm", "gripper", "head_pan", "head_tilt", "shoulder", "torso", "wheel", "wrist")
    ),
    "link_finger_base_boxified.obj",
    "link_finger_nail.obj",
    "link_finger_tip_boxified.obj",
    "link_rear_wheel.glb",
)


def urdf_file(colours: str) -> str:
    """``colours``: one of COLOURS, the published ``urdf_version``."""
    return f"{_URDF}.urdf" if colours == "none" else f"{_URDF}_{colours}.urdf"


def stage_file(stage: str) -> str:
    return f"stages/{stage}.glb"


def cabinet_file(station: str) -> str:
    return f"custom/{station}.urdf"


def photograph_file(name: str) -> str:
    return f"real_inpainting/{name}.png"


def _robot_files() -> Iterable[str]:
    yield "googlerobot/3obj/link_base.glb"
    yield from (f"googlerobot/coarse_meshes/{mesh}" for mesh in _COLLISION)
    for link in _PLAIN:
        yield from (f"googlerobot/3obj/{link}.3obj.{suffix}" for suffix in ("obj", "mtl"))
    for colours in COLOURS:
        folder = "3obj" if colours == "none" else f"3obj_{colours}"
        yield urdf_file(colours)
        yield f"googlerobot/{folder}/meta_diffuse.png"
        for link in _RECOLOURED:
            yield from (f"googlerobot/{folder}/{link}.3obj.{suffix}" for suffix in ("obj", "mtl"))


def _task_files(info: str | None, models: Iterable[str], scene: str, photographs: Iterable[str]) -> tuple[str, ...]:
    per_model = tuple(name for model in models for name in model_files(model))
    return (*_robot_files(), *((f"custom/{info}",) if info else ()), *per_model, scene, *map(photograph_file, photographs))


PICK_INFO, NEAR_INFO_V0, NEAR_INFO_V1 = (
    "info_pick_custom_v0.json",
    "info_pick_custom_baked_tex_v0.json",
    "info_pick_custom_baked_tex_v1.json",
)
_TABLE = stage_file(TABLE_STAGE)
_DRAWER_FILES = _task_files(None, (), cabinet_file(CABINET), (f"open_drawer_{pose}" for pose in DRAWER_POSES))
_PLACE_FILES = _task_files(NEAR_INFO_V1, ("baked_apple_v2",), cabinet_file(CABINET), (f"open_drawer_{pose}" for pose in ("a0", "b0", "c0")))
_WHICH = ("", "Top", "Middle", "Bottom")

GOOGLE_TASK_FILES: Mapping[str, tuple[str, ...]] = {
    "PickCokeCan": _task_files(PICK_INFO, ("opened_coke_can",), _TABLE, ("google_coke_can_real_eval_1",)),
    "PickObject": _task_files(PICK_INFO, PICK_MODELS, _TABLE, ("google_coke_can_real_eval_1",)),
    "MoveNear": _task_files(NEAR_INFO_V0, MODELS_V0, _TABLE, ("google_move_near_real_eval_1",)),
    "MoveNearV1": _task_files(NEAR_INFO_V1, MODELS_V1, _TABLE, ("google_move_near_real_eval_1",)),
    **{f"{verb}{which}Drawer": _DRAWER_FILES for verb in ("Open", "Close") for which in _WHICH},
    **{f"PlaceIntoClosed{which}Drawer": _PLACE_FILES for which in _WHICH},
}
