"""Where everything lies in a montage's frame: header, panes in a grid, a strip below. All in pixels, derived from the width."""

from __future__ import annotations

from dataclasses import dataclass

GAP = 12
HIGHEST = 0.84
NOTES_SHARE = 0.24
"""of a pane's width, where its text stands beside the pictures"""
LEAST_NOTES = 0.18
"""of the frame's width: narrower, text beside or below the pictures is not readable"""


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


@dataclass(frozen=True)
class _Arrangement:
    """How many columns, whether the notes stand beside the pictures or below, and how high pictures get."""

    columns: int
    beside: bool
    picture_height: int


def lay_out(panes: int, aspects: tuple[float, ...], width: int = 1280, lines: int = 4) -> Layout:
    """The arrangement with the largest pictures in a frame at most 0.84 as high as it is wide, which fits a screen.

    Args:
        aspects: width over height of each picture of a pane.
        lines: of text below each pane's pictures; where they stand beside, as many as there is room for.
    """
    scale = width / 1280
    text, small, large = round(18 * scale), round(16 * scale), round(23 * scale)
    row, gap = round(text * 1.4), round(GAP * scale)
    title, notes = round(row * 1.25), row * lines + gap // 2
    header = Rect(gap, gap // 2, width - 2 * gap, round(large * 1.5) + row)
    strip_height = round(max(140 * scale, row * (panes + 2)))
    room = HIGHEST * width - header.bottom - strip_height - 3 * gap

    def widths(columns: int, beside: bool) -> tuple[int, int]:
        pane = (width - gap * (columns + 1)) // columns
        return pane, (round(pane * (1 - NOTES_SHARE)) if beside else pane) - gap * (len(aspects) - (not beside))

    def arranged(columns: int, beside: bool) -> _Arrangement:
        rows = -(-panes // columns)
        for_pictures = room / rows - title - gap - (0 if beside else notes)
        height = max(32, int(min(widths(columns, beside)[1] / sum(aspects), for_pictures)))
        left_over = widths(columns, beside)[0] - height * sum(aspects) - gap * len(aspects)
        return _Arrangement(columns, beside, height if (left_over if beside else widths(columns, beside)[0]) >= LEAST_NOTES * width else 0)

    options = [arranged(columns, beside) for columns in range(1, panes + 1) for beside in (False, True)]
    best = max(options, key=lambda option: option.picture_height)
    pane_width, inner = widths(best.columns, best.beside)
    top, pitch = header.bottom + gap // 2, title + best.picture_height + (0 if best.beside else notes) + gap
    found = []
    for index in range(panes):
        left, y = gap + (index % best.columns) * (pane_width + gap), top + (index // best.columns) * pitch
        boxes, x = [], left
        for aspect in aspects:
            part = round(best.picture_height * aspect) if best.beside else round(inner * aspect / sum(aspects))
            boxes.append(Rect(x, y + title, part, best.picture_height))
            x += part + gap
        below = Rect(left, y + title + best.picture_height, pane_width, notes)
        aside = Rect(x, y + title, left + pane_width - x, best.picture_height)
        found.append(PaneLayout(Rect(left, y, pane_width, title), tuple(boxes), aside if best.beside else below))
    bottom = max(max(pane.notes.bottom, pane.pictures[0].bottom) for pane in found)
    strip = Rect(gap, bottom + gap, width - 2 * gap, strip_height)
    height = strip.bottom + gap // 2
    return Layout(width - width % 2, height + height % 2, header, tuple(found), strip, text, small, large, row)
