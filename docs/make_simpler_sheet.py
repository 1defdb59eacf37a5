"""The first frame of every SIMPLER task and of its variants, on one sheet: ``python docs/make_simpler_sheet.py [--assets DIR]`` writes ``docs/images/simpler_tasks.jpg``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from envs.manipulation.simpler.make import make_simpler

WIDTH, HEIGHT, CAPTION, COLUMNS = 320, 256, 34, 6  # pixels, pixels, pixels, pictures
PLAIN: Mapping[str, Any] = {"urdf_version": "none"}
ROOM: Mapping[str, Any] = {**PLAIN, "stage": "frl_apartment_stage_simple", "station": "mk_station", "light": "default"}

# (task, whether with the photograph, reset options, caption)
FRAMES: tuple[tuple[str, bool, Mapping[str, Any], str], ...] = (
    ("PutCarrotOnPlate", True, {"episode_id": 0}, "carrot"),
    ("PutSpoonOnTableCloth", True, {"episode_id": 0}, "spoon"),
    ("StackGreenCubeOnYellowCube", True, {"episode_id": 0}, "cube"),
    ("PutEggplantInBasket", True, {"episode_id": 0}, "eggplant"),
    *(
        ("PickCokeCan", True, {**PLAIN, "orientation": name, "episode_id": 12}, f"coke can, {name}")
        for name in ("lr_switch", "upright", "laid_vertically")
    ),
    ("PickObject", True, {**PLAIN, "orientation": "upright", "model": "opened_pepsi_can", "episode_id": 12}, "pick object"),
    ("MoveNear", True, {**PLAIN, "episode_id": 20}, "move near"),
    ("MoveNearV1", True, {**PLAIN, "episode_id": 20}, "move near, v1"),
    *(
        (f"{verb}Drawer", True, {**PLAIN, "drawer": drawer, "pose": pose}, f"{verb.lower()} {drawer} drawer, {pose}")
        for verb in ("Open", "Close")
        for drawer, pose in (("top", "a0"), ("middle", "b1"), ("bottom", "c2"))
    ),
    ("PlaceIntoClosedTopDrawer", True, {**PLAIN, "pose": "b0", "episode_id": 4}, "apple in top drawer"),
    ("PlaceIntoClosedMiddleDrawer", True, {**PLAIN, "pose": "a0", "episode_id": 4}, "apple in middle drawer"),
    ("PlaceIntoClosedBottomDrawer", True, {**PLAIN, "pose": "c0", "episode_id": 4}, "apple in bottom drawer"),
    *(
        ("PickCokeCan", True, {"urdf_version": colours, "orientation": "upright", "episode_id": 12}, colours)
        for colours in ("recolor_tabletop_visual_matching_1", "recolor_tabletop_visual_matching_2", "recolor_cabinet_visual_matching_1")
    ),
    *(
        ("PickCokeCan", False, {**PLAIN, "orientation": "upright", "episode_id": 12, **variant}, caption)
        for caption, variant in (
            ("VA base (substitute stage)", {}),
            ("VA background (substitute)", {"stage": "google_pick_coke_can_1_v4_alt_background"}),
            ("VA table (substitute)", {"stage": "Baked_sc1_staging_objaverse_cabinet1_h870"}),
            ("VA darker", {"light": "slightly_darker"}),
            ("VA distractors", {"distractors": "less"}),
            ("VA camera", {"camera": "alternative_1"}),
        )
    ),
    ("MoveNear", False, {**PLAIN, "episode_id": 20, "models": "plain"}, "VA move near"),
    ("OpenDrawer", False, {**ROOM, "drawer": "top", "pose": "x0.75_y+0.0"}, "VA drawer, apartment"),
    ("OpenDrawer", False, {**ROOM, "drawer": "top", "pose": "x0.75_y+0.0", "stage": "modern_office_no_roof"}, "VA drawer, office"),
    ("OpenDrawer", False, {**ROOM, "drawer": "top", "pose": "x0.75_y+0.0", "station": "mk_station2"}, "VA drawer, station 2"),
    ("PlaceIntoClosedTopDrawer", False, {**ROOM, "pose": "x0.65_y+0.0", "episode_id": 4, "model": "apple"}, "VA apple"),
)


def picture(task: str, photograph: bool, options: Mapping[str, Any], assets: str | None) -> Image.Image:
    env = make_simpler(task, assets, overlay=photograph)
    try:
        observation, _ = env.reset(seed=0, options=dict(options))
        (frame,) = (np.array(observation["image"][camera]) for camera in env.task.camera_sizes)
    finally:
        env.close()
    return Image.fromarray(frame).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    chosen = parser.parse_args()
    rows = -(-len(FRAMES) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * WIDTH, rows * (HEIGHT + CAPTION)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (task, photograph, options, caption) in enumerate(FRAMES):
        row, column = divmod(number, COLUMNS)
        place = (column * WIDTH, row * (HEIGHT + CAPTION))
        sheet.paste(picture(task, photograph, options, chosen.assets), (place[0], place[1] + CAPTION))
        draw.text((place[0] + 6, place[1] + 4), f"{task}\n{caption}", fill="black")
    target = Path(__file__).parent / "images" / "simpler_tasks.jpg"
    target.parent.mkdir(exist_ok=True)
    sheet.save(target, quality=85, optimize=True)
    print(target.relative_to(Path(__file__).parents[1]), target.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
