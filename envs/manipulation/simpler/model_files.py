"""Which files an object model has, by logical name (see :mod:`envs.manipulation.simpler.required_files`)."""

from __future__ import annotations

from collections.abc import Mapping

# Textures beside a model's mesh: what its textured.dae names. A .glb carries its own.
MODEL_TEXTURES: Mapping[str, tuple[str, ...]] = {
    "bridge_carrot_generated_modified": ("Image_0.005.png",),
    "bridge_plate_objaverse_larger": ("plate_texture.png",),
    "bridge_spoon_generated_modified": ("Image_0.003.jpg",),
    "table_cloth_generated_shorter": ("Image_0.001.jpg",),
    "opened_coke_can": ("Image_2.004.jpg",),
    "opened_pepsi_can": ("Image_0.jpg", "Image_0.png", "Image_1.jpg", "Image_3.jpg"),
    "opened_sprite_can": ("Image_0.jpg", "Image_1.jpg", "Image_3.jpg"),
    "opened_fanta_can": ("Image_0.001.jpg", "Image_1.001.jpg", "Image_3.001.jpg", "Image_6.001.jpg"),
    "opened_7up_can": ("Image_0.001.jpg", "Image_1.001.jpg", "Image_3.001.jpg", "Pepsi1.001_baseColor.png"),
    "apple": ("Image_0.001.png",),
    "orange": ("Image_2.png",),
    "sponge": ("Image_0.003.png",),
}


def collision_file(model: str) -> str:
    return f"custom/models/{model}/collision.obj"


def visual_file(model: str) -> str:
    return "|".join(f"custom/models/{model}/textured.{suffix}" for suffix in ("obj", "dae", "glb"))


def model_files(model: str) -> tuple[str, ...]:
    textures = (f"custom/models/{model}/{texture}" for texture in MODEL_TEXTURES.get(model, ()))
    return (collision_file(model), visual_file(model), *textures)
