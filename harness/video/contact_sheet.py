"""All scenes of a montage on one picture: a row a pane, columns at equal times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.recording.overlay import FAINT, INK, PAPER
from harness.video.lettering import PANE_COLOURS, Pen, font
from harness.video.pane import CHIPS


class ContactSheet:
    """Filled scene by scene: :meth:`begin`, then :meth:`add` at ``COLUMNS`` times (at least twice). Pictures are shrunk as they come."""

    COLUMNS: ClassVar[int] = 6

    def __init__(self, width: int) -> None:
        self.width, self.gap, self.size = width, max(4, width // 160), max(12, width // 80)
        self.label = width // 7
        self.cell = (width - self.label - self.gap * (self.COLUMNS + 1)) // self.COLUMNS
        self._scenes: list[tuple[str, list[tuple[str, str]], list[tuple[float, list[Image.Image]]]]] = []

    def begin(self, title: str, panes: Sequence[tuple[str, str]]) -> None:
        """``panes``: (label, outcome) of each."""
        self._scenes.append((title, list(panes), []))

    def add(self, seconds: float, pictures: Sequence[NDArray[np.uint8]]) -> None:
        small = []
        for picture in pictures:
            height = max(1, round(picture.shape[0] * self.cell / picture.shape[1]))
            small.append(Image.fromarray(picture).resize((self.cell, height), Image.Resampling.BOX))
        self._scenes[-1][2].append((seconds, small))

    def image(self) -> Image.Image:
        line = round(self.size * 1.5)
        heights = [line + self.gap + sum(p.height + self.gap for p in moments[0][1]) if moments else line for _, _, moments in self._scenes]
        sheet = Image.new("RGB", (self.width, self.gap + sum(heights)), PAPER)
        pen, top = Pen(sheet), self.gap
        for (title, panes, moments), height in zip(self._scenes, heights):
            pen.line(title, self.gap, top, self.width - 2 * self.gap, self.size, INK)
            for column, (seconds, pictures) in enumerate(moments):
                left, y = self.label + self.gap + column * (self.cell + self.gap), top + line
                for row, picture in enumerate(pictures):
                    sheet.paste(picture, (left, y))
                    at = f"{seconds:.1f} s"
                    pen.draw.rectangle((left, y, left + int(font(self.size).getlength(at)) + 10, y + line - 2), fill=PAPER)
                    pen.line(at, left + 4, y + 1, self.cell, self.size, FAINT)
                    if column == 0:
                        self._pane(pen, y, row, *panes[row])
                    y += picture.height + self.gap
            top += height
        return sheet

    def _pane(self, pen: Pen, top: int, row: int, label: str, outcome: str) -> None:
        line = round(self.size * 1.5)
        pen.draw.rectangle((self.gap, top + 3, self.gap + self.size // 2, top + self.size), fill=PANE_COLOURS[row])
        pen.line(label, self.gap + self.size, top, self.label - self.size - self.gap, self.size, INK)
        pen.line(outcome or "no episode", self.gap + self.size, top + line, self.label - self.size, self.size, CHIPS.get(outcome, FAINT))
