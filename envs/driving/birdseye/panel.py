"""Words and numbers on a bird's-eye picture: title, score panel, legend, warning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from envs.driving.birdseye.view import PATH_COLOURS, PATH_LABELS, Stamp

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_INK, _GOOD, _FAIR, _BAD, _FAINT = (30, 32, 36), (24, 128, 56), (190, 120, 0), (205, 20, 30), (130, 132, 136)


def paint_panel(picture: NDArray[np.uint8], stamps: Sequence[Stamp]) -> None:
    """The scores at the right, worst ones red."""
    scale, pitch, width = _scale(picture), _pitch(picture), int(150 * _scale(picture) / 0.42)
    x, y = picture.shape[1] - width - 8, int(1.9 * pitch)
    _veil(picture, (x - 6, y - pitch, width + 10, pitch * len(stamps) + 10))
    for number, stamp in enumerate(stamps):
        row = y + number * pitch
        _write(picture, stamp.label, (x, row), scale, _INK)
        text, colour = _shown(stamp)
        (wide, _), _ = cv2.getTextSize(text, _FONT, scale, 1)
        _write(picture, text, (x + width - wide, row), scale, colour)


def paint_legend(picture: NDArray[np.uint8], kinds: Sequence[str]) -> None:
    """Which line is what, at the lower left."""
    scale, pitch = _scale(picture), _pitch(picture)
    shown = [kind for kind in dict.fromkeys(kinds) if PATH_LABELS.get(kind)]
    if not shown:
        return
    top = picture.shape[0] - pitch * len(shown) - 4
    _veil(picture, (2, top - 4, int(140 * scale / 0.42), pitch * len(shown) + 6))
    for number, kind in enumerate(shown):
        y = top + number * pitch + pitch // 2
        cv2.line(picture, (8, y), (26, y), PATH_COLOURS[kind], 3, cv2.LINE_AA)
        _write(picture, PATH_LABELS[kind], (32, y + pitch // 4), scale, _INK)


def paint_title(picture: NDArray[np.uint8], title: str, speed: float | None) -> None:
    """One line at the top."""
    scale, pitch = _scale(picture), _pitch(picture)
    _veil(picture, (0, 0, picture.shape[1], pitch))
    text = title if speed is None else f"{title}   {3.6 * speed:.0f} km/h"
    _write(picture, text, (6, int(0.75 * pitch)), scale, _INK)


def paint_warning(picture: NDArray[np.uint8], warning: str) -> None:
    """A red frame and what is wrong."""
    scale, pitch = 1.3 * _scale(picture), _pitch(picture)
    cv2.rectangle(picture, (0, 0), (picture.shape[1] - 1, picture.shape[0] - 1), _BAD, 5)
    (wide, _), _ = cv2.getTextSize(warning.upper(), _FONT, scale, 2)
    x, y = (picture.shape[1] - wide) // 2, picture.shape[0] - int(0.7 * pitch)
    cv2.rectangle(picture, (x - 8, y - pitch), (x + wide + 8, y + pitch // 2), _BAD, -1)
    cv2.putText(picture, warning.upper(), (x, y), _FONT, scale, (255, 255, 255), 2, cv2.LINE_AA)


def _shown(stamp: Stamp) -> tuple[str, tuple[int, int, int]]:
    if stamp.value is None:
        return "-", _FAINT
    if isinstance(stamp.value, str):
        return stamp.value, _BAD if stamp.bad else _INK
    colour = _BAD if stamp.bad or stamp.value < 0.34 else _GOOD if stamp.value > 0.95 else _FAIR
    return f"{stamp.value:.2f}", colour


def _scale(picture: NDArray[np.uint8]) -> float:
    return 0.42 * max(0.6, picture.shape[0] / 480)


def _pitch(picture: NDArray[np.uint8]) -> int:
    return int(18 * max(0.6, picture.shape[0] / 480))


def _write(picture: NDArray[np.uint8], text: str, at: tuple[int, int], scale: float, colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, text, at, _FONT, scale, colour, 1, cv2.LINE_AA)


def _veil(picture: NDArray[np.uint8], area: tuple[int, int, int, int]) -> None:
    """Whitens a rectangle (x, y, width, height), so that words can be read on it."""
    x, y, width, height = area
    part = picture[max(y, 0) : y + height, max(x, 0) : x + width]
    part[:] = (part.astype(np.uint16) * 3 // 10 + 178).clip(0, 255).astype(np.uint8)
