"""Where everything lies in a montage's frame: header, panes in a grid, a strip below. All in pixels, derived from the width."""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
GAP = 12


@dataclass(frozen=True)
class Rect:
    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


@dataclass(frozen=True)
class PaneLayout:
    """``pictures``: one box a camera, side by side."""

    title: Rect
    pictures: tuple[Rect, ...]
    notes: Rect


@dataclass(frozen=True)
class Layout:
    """``text``: the size of running text; ``small``, ``large`` follow from it."""

    width: int
    height: int
    header: Rect
    panes: tuple[PaneLayout, ...]
    strip: Rect
    text: int
    small: int
    large: int
    row: int
    """height of a line of text"""


def lay_out(panes: int, aspects: tuple[float, ...], width: int = 1280, lines: int = 4) -> Layout:
    """``aspects``: width over height of each picture of a pane. ``lines``: of text below each.

    One row of panes gets pictures up to 45 % as high as the frame is wide, two rows 26 %, so that the whole fits a screen.
    """
    scale = width / 1280
    text, small, large = round(18 * scale), round(16 * scale), round(23 * scale)
    row, gap = round(text * 1.4), round(GAP * scale)
    columns = COLUMNS[panes]
    rows = -(-panes // columns)
    pane_width = (width - gap * (columns + 1)) // columns
    inner = pane_width - gap * (len(aspects) - 1)
    highest = {1: 0.45, 2: 0.26}[rows] * width
    picture_height = max(32, round(min(inner / sum(aspects), highest)))
    share = [round(inner * aspect / sum(aspects)) for aspect in aspects]
    title_height, notes_height = round(row * 1.25), row * lines + gap // 2
    header = Rect(gap, gap // 2, width - 2 * gap, round(large * 1.5) + row)
    top = header.bottom + gap // 2
    found = []
    for index in range(panes):
        left = gap + (index % columns) * (pane_width + gap)
        y = top + (index // columns) * (title_height + picture_height + notes_height + gap)
        boxes, x = [], left
        for part in share:
            boxes.append(Rect(x, y + title_height, part, picture_height))
            x += part + gap
        notes = Rect(left, y + title_height + picture_height, pane_width, notes_height)
        found.append(PaneLayout(Rect(left, y, pane_width, title_height), tuple(boxes), notes))
    strip_height = round(max(140 * scale, row * (panes + 2)))
    strip = Rect(gap, found[-1].notes.bottom + gap // 2, width - 2 * gap, strip_height)
    height = strip.bottom + gap // 2
    return Layout(width - width % 2, height + height % 2, header, tuple(found), strip, text, small, large, row)
