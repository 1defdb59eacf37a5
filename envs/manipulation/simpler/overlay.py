"""Visual matching: a photograph of the real scene behind the rendered robot and objects.

Every pixel that shows neither the robot nor a foreground object is replaced by the photograph ("green screen"). An :class:`Overlay` belongs to one environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.errors import AssetsError

Image = NDArray[np.uint8]


class Overlay:
    """A photograph, scaled to a camera. ``size``: (width, height) in pixels."""

    def __init__(self, photograph: Path, size: tuple[int, int]) -> None:
        pixels = cv2.imread(str(photograph))
        if pixels is None:
            raise AssetsError(f"SIMPLER's background {photograph} is not a picture", "fetch it again")
        # The original scales the picture as floats in 0..1 and truncates.
        scaled = cv2.resize(cast(NDArray[np.float64], cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) / 255.0), size)
        self.photograph: Image = np.clip(scaled * 255, 0, 255).astype(np.uint8)

    def behind(self, rendered: Image, foreground: NDArray[np.bool_]) -> Image:
        """(H, W, 3): the photograph, and where ``foreground`` (H, W) is true, in order of rows, the pixels ``rendered`` (n, 3)."""
        picture = self.photograph.copy()
        picture[foreground] = rendered
        return picture
