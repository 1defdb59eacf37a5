"""Which files of SIMPLER's data each task loads, by logical name.

A logical name begins with the kind of data (``custom``, ``stages``, ``real_inpainting``, ``widowx``); :mod:`envs.manipulation.simpler.assets` turns it into a path in whichever layout the assets folder has. A name with
``|`` holds alternatives, the preferred one first, as the original tries ``textured.obj``, ``.dae`` and ``.glb`` in turn.
"""

from __future__ import annotations

from collections.abc import Mapping

from envs.manipulation.simpler.google_files import GOOGLE_TASK_FILES
from envs.manipulation.simpler.model_files import model_files

WIDOWX_PARTS = (
    "1-Base",
    "2-Shoulder",
    "3-UA",
    "4-UF",
    "5-LF",
    "6-Wrist",
    "7-Gripper",
    "8-Gripper-Prop",
    "9-Gripper-Bar",
    "10-Finger",
)
WIDOWX_URDF = "widowx/wx250s.urdf"
WIDOWX_FILES = (
    WIDOWX_URDF,
    "widowx/interbotix_black.png",
    *(f"widowx/meshes_wx250s/WXSA-250-M-{part}.{suffix}" for part in WIDOWX_PARTS for suffix in ("obj", "mtl", "stl")),
)


def widowx_task_files(*, info: str, models: tuple[str, ...], stage: str, overlay: str) -> tuple[str, ...]:
    per_model = tuple(name for model in models for name in model_files(model))
    return (*WIDOWX_FILES, f"custom/{info}", *per_model, f"stages/{stage}.glb", f"real_inpainting/{overlay}")


TASK_FILES: Mapping[str, tuple[str, ...]] = {
    "PutCarrotOnPlate": widowx_task_files(
        info="info_bridge_custom_v0.json",
        models=("bridge_carrot_generated_modified", "bridge_plate_objaverse_larger"),
        stage="bridge_table_1_v1",
        overlay="bridge_real_eval_1.png",
    ),
    "PutSpoonOnTableCloth": widowx_task_files(
        info="info_bridge_custom_v0.json",
        models=("bridge_spoon_generated_modified", "table_cloth_generated_shorter"),
        stage="bridge_table_1_v1",
        overlay="bridge_real_eval_1.png",
    ),
    "StackGreenCubeOnYellowCube": widowx_task_files(
        info="info_bridge_custom_baked_tex_v0.json",
        models=("baked_green_cube_3cm", "baked_yellow_cube_3cm"),
        stage="bridge_table_1_v1",
        overlay="bridge_real_eval_1.png",
    ),
    "PutEggplantInBasket": widowx_task_files(
        info="info_bridge_custom_v0.json",
        models=("eggplant", "dummy_sink_target_plane", "sink"),
        stage="bridge_table_1_v2",
        overlay="bridge_sink.png",
    ),
    **GOOGLE_TASK_FILES,
}
