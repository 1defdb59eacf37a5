"""Camera images of scenes, read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from envs.driving.errors import FormatError
from envs.driving.formats.data_folder import NavsimData
from envs.driving.scene import Frame, Scene
from harness.lazy import LazyDict


def read_image(data: NavsimData, scene: Scene, frame: Frame, camera: str) -> NDArray[np.uint8]:
    """(H, W, 3) RGB of ``camera`` (CAM_F0...). Raises DataError for an absent file, FormatError for a camera the frame does not have or a broken picture."""
    if camera not in frame.cameras:
        raise FormatError(
            f"frame {frame.token} of scene {scene.token} has no camera {camera}", f"it has {', '.join(frame.cameras) or 'none'}"
        )
    path = data.sensor_file(scene, frame.cameras[camera].data_path)
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"), np.uint8)
    except (OSError, UnidentifiedImageError) as error:
        raise FormatError(f"{path} is no whole picture ({error})", "fetch it again") from None


def images(data: NavsimData, scene: Scene, frame: Frame) -> Mapping[str, NDArray[np.uint8]]:
    """{camera: picture}, each read at its first look."""
    return LazyDict({name: (lambda name=name: read_image(data, scene, frame, name)) for name in frame.cameras})
