"""Camera images of generated logs, written as NAVSIM's sensor blobs. The renderer starts with the first picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from envs.driving.camera.rig import FULL_SIZE, CameraPose, chosen_cameras
from envs.driving.scene import CAMERA_NAMES, Camera, Frame, Log
from scenarios.driving.frames import CURRENT, HISTORY
from scenarios.driving.generate import GeneratedScene

PICTURED = range(CURRENT - HISTORY, CURRENT + 1)
"""Frames that get pictures: the history of the current frame and of the one before it."""


def add_images(root: Path, scene: GeneratedScene, cameras: tuple[str, ...], size: tuple[int, int]) -> Log:
    """Render the frames PICTURED of a scene's log into `root`/<log>/<camera>/<token>.jpg (size: width, height); the log that names the pictures."""
    from envs.driving.camera.frames import state_of, street_of
    from envs.driving.camera.renderer import StreetRenderer

    log, poses = scene.log, chosen_cameras(cameras)
    renderer = StreetRenderer(list(poses), size)
    renderer.load(street_of(scene.map, log.frames, scene.world.weather, scene.world.index))
    frames: list[Frame] = []
    for number, frame in enumerate(log.frames):
        if number not in PICTURED:
            frames.append(frame)
            continue
        state = state_of(frame, log.frames[number - 1] if number else None)
        named: dict[str, Camera] = {}
        for pose in poses:
            path = Path(log.name) / pose.name / f"{frame.token}.jpg"
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(renderer.picture(pose.name, state))).save(root / path, quality=92)
            named[pose.name] = camera_entry(pose, str(path), size)
        frames.append(replace(frame, cameras={name: named[name] for name in CAMERA_NAMES if name in named}))
    return replace(log, frames=tuple(frames))


def camera_entry(pose: CameraPose, path: str, size: tuple[int, int]) -> Camera:
    """What a log says of a camera: the LiDAR's frame is the ego's here, and the intrinsics are those of the written size."""
    assert size[0] <= FULL_SIZE[0]
    return Camera(path, pose.matrix[:3, :3], pose.matrix[:3, 3], pose.intrinsic_for(size), np.zeros(5))
