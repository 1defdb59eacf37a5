"""Resizing as published policies were evaluated: uint8 (H, W, 3) in, uint8 out; sizes are (width, height).

Pixel (i, j) covers the square [j, j+1) x [i, i+1) throughout (half-pixel centres), as in TensorFlow 2, Pillow and OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import AgentError

Frame = NDArray[np.uint8]
Size = tuple[int, int]


def resize_lanczos3(image: Frame, size: Size = (256, 256)) -> Frame:
    """Octo: ``tf.image.resize(method="lanczos3", antialias=True)``, rounded and clipped. The aspect ratio is not kept.

    Pillow's Lanczos is the same kernel (3 lobes, stretched when shrinking, renormalised at borders). Each channel is filtered in float: Pillow's own 8-bit path would round between its two passes. Differs from
    TensorFlow's by float32 rounding alone, so by 1 where a value lies on a half.
    """
    channels = [
        Image.fromarray(np.ascontiguousarray(image[..., c], np.float32)).resize(size, Image.Resampling.LANCZOS)
        for c in range(image.shape[2])
    ]
    return np.clip(np.rint(np.stack([np.asarray(channel) for channel in channels], axis=-1)), 0, 255).astype(np.uint8)


def resize_area(image: Frame, size: Size = (224, 224)) -> Frame:
    """OpenVLA, InternVLA-M1 and GR00T in SimplerEnv: ``cv2.resize(..., INTER_AREA)``, the mean over each pixel's footprint. The aspect ratio is not kept."""
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def resize_with_pad(image: Frame, size: Size = (320, 256)) -> Frame:
    """RT-1: ``tf.image.resize_with_pad`` (bilinear, no antialiasing), then a cast to uint8 that *truncates*. Keeps the aspect ratio; black bars fill the rest.

    With r = max(W / width, H / height) the picture becomes floor(W / r) x floor(H / r), centred (the odd pixel goes to the right or bottom).
    """
    height, width = image.shape[:2]
    ratio = max(width / size[0], height / size[1])
    inner = (int(width / ratio), int(height / ratio))
    resized = np.asarray(cv2.resize(image.astype(np.float32), inner, interpolation=cv2.INTER_LINEAR))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    framed = np.zeros((size[1], size[0], image.shape[2]), np.uint8)
    framed[top : top + inner[1], left : left + inner[0]] = resized.astype(np.uint8)
    return framed


RESIZES: dict[str, Callable[..., Frame]] = {"lanczos3": resize_lanczos3, "area": resize_area, "pad": resize_with_pad}


def checked_frame(image: NDArray[np.generic]) -> Frame:
    """The image itself, if it is uint8 (H, W, 3); AgentError else: a float image would pass through a resize unnoticed."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise AgentError(f"an image of {image.dtype} {image.shape}", "give uint8 (H, W, 3)")
    return np.asarray(image, np.uint8)
