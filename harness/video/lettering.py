"""Text on a frame that never leaves its room."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import Any, Literal

from PIL import Image, ImageDraw, ImageFont

from harness.recording.overlay import Colour

Side = Literal["left", "centre", "right"]

PANE_COLOURS: tuple[Colour, ...] = ((86, 180, 233), (230, 159, 0), (0, 190, 140), (225, 120, 170), (240, 228, 66), (213, 94, 0))
"""one a pane: Okabe and Ito's palette for all kinds of colour vision, lightened for a dark ground"""


@lru_cache(maxsize=16)
def font(size: int) -> Any:
    return ImageFont.load_default(size)


@lru_cache(maxsize=4096)
def fitted(text: str, size: int, width: int) -> str:
    """``text`` on one line of at most ``width`` pixels; what does not fit ends in an ellipsis."""
    text = " ".join(text.split())
    if font(size).getlength(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if font(size).getlength(text[:middle].rstrip() + "...") <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "..."


@lru_cache(maxsize=1024)
def wrapped(text: str, size: int, width: int, lines: int) -> tuple[str, ...]:
    """At most ``lines`` lines of at most ``width`` pixels."""
    if lines < 1 or not text:
        return ()
    per_line = max(8, int(width / max(1.0, font(size).getlength(text) / len(text))))
    rows = textwrap.wrap(" ".join(text.split()), per_line)
    kept = rows if len(rows) <= lines else [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return tuple(fitted(row, size, width) for row in kept)


class Pen:
    """Draws on a frame. Rooms are (left, top, width)."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.draw = ImageDraw.Draw(image)

    def line(self, text: str, left: int, top: int, width: int, size: int, colour: Colour, side: Side = "left") -> int:
        """One line, at that side of its room. Returns its width in pixels."""
        shown = fitted(text, size, width)
        length = int(font(size).getlength(shown)) + 1
        spare = {"left": 0, "centre": (width - length) // 2, "right": width - length}[side]
        self.draw.text((left + spare, top), shown, fill=colour, font=font(size))
        return length

    def chip(self, text: str, right: int, top: int, size: int, colour: Colour, ink: Colour) -> int:
        """Text on a plate whose upper right corner is given. Returns the plate's width."""
        width = int(font(size).getlength(text)) + size
        self.draw.rounded_rectangle((right - width, top, right, top + round(size * 1.45)), radius=size // 4, fill=colour)
        self.draw.text((right - width + size // 2, top + size // 6), text, fill=ink, font=font(size))
        return width
