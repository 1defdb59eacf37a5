"""The strip below the panes: progress by step, all panes in one diagram, and what the present step cost by stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from harness.recording.overlay import FAINT, INK, PAPER, Colour
from harness.video.layout import Layout, Rect
from harness.video.lettering import PANE_COLOURS, Pen, font
from harness.video.playback import Moment, Playback

STAGE_COLOURS: tuple[Colour, ...] = ((120, 170, 255), (255, 190, 90), (110, 215, 160), (240, 130, 160), (190, 160, 255), (160, 160, 160))
GRID: Colour = (62, 66, 76)


class Strip:
    """The diagrams of one scene. The time axis is that of the longest episode; the bars' axis ends at the scene's 95th percentile, so that one slow first step does not flatten all others."""

    def __init__(self, playbacks: Sequence[Playback], layout: Layout) -> None:
        self.playbacks, self.layout = playbacks, layout
        strip, size = layout.strip, layout.small
        left_half = round(strip.width * 0.56)
        axis = round(size * 2.6)
        self.plot = Rect(
            strip.left + axis,
            strip.top + round(1.5 * layout.row),
            left_half - axis - size,
            strip.height - round(2.6 * layout.row) - size // 3,
        )
        self.bars = Rect(strip.left + left_half + size, strip.top, strip.width - left_half - size, strip.height)
        self.end = max(0.1, *(p.seconds for p in playbacks))
        moments = [p.at(step).stages for p in playbacks for step in range(p.steps)]
        self.stages = list(dict.fromkeys(name for stages in moments for name in stages))
        totals = [sum(stages.values()) for stages in moments] or [0.0]
        self.most = max(1e-3, float(np.percentile(totals, 95)))

    def backdrop(self, image: Image.Image) -> None:
        """What does not change within a scene: axes, legend, and all curves, faint."""
        pen, plot, size = Pen(image), self.plot, self.layout.small
        pen.line("progress", self.layout.strip.left, self.layout.strip.top, plot.width, size, FAINT)
        for value, text in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
            y = self._y(value)
            pen.draw.line((plot.left, y, plot.right, y), fill=GRID)
            pen.line(text, self.layout.strip.left, y - size // 2 - 2, plot.left - self.layout.strip.left - 6, size, FAINT, side="right")
        for seconds in _ticks(self.end):
            x = self._x(seconds)
            pen.draw.line((x, plot.bottom, x, plot.bottom + 4), fill=FAINT)
            pen.line(f"{seconds:g} s", x - 2 * size, plot.bottom + 5, 4 * size, size, FAINT, side="centre")
        for index, playback in enumerate(self.playbacks):
            faint = tuple(int(0.35 * c + 0.65 * p) for c, p in zip(PANE_COLOURS[index], PAPER))
            self._curve(pen, playback, playback.steps, faint, 2)
        x = self.bars.left
        pen.line("step cost", x, self.bars.top, self.bars.width, size, FAINT)
        x += int(font(size).getlength("step cost")) + size
        for number, name in enumerate(self.stages):
            pen.draw.rectangle((x, self.bars.top + 4, x + size // 2, self.bars.top + size - 1), fill=_stage_colour(number))
            x += size * 3 // 4
            x += pen.line(name, x, self.bars.top, max(0, self.bars.right - x), size, INK) + size

    def draw(self, pen: Pen, seconds: float, moments: Sequence[Moment]) -> None:
        x = self._x(min(seconds, self.end))
        pen.draw.line((x, self.plot.top - 4, x, self.plot.bottom), fill=INK)
        for index, (playback, moment) in enumerate(zip(self.playbacks, moments)):
            if playback.steps:
                self._curve(pen, playback, moment.step, PANE_COLOURS[index], 3)
                at = (self._x(moment.step / playback.hz), self._y(playback.progress[min(moment.step, len(playback.progress) - 1)]))
                pen.draw.ellipse((at[0] - 5, at[1] - 5, at[0] + 5, at[1] + 5), fill=PANE_COLOURS[index])
            self._bar(pen, index, moment)

    def _bar(self, pen: Pen, index: int, moment: Moment) -> None:
        size, row = self.layout.small, self.layout.row
        top = self.bars.top + round(row * 1.3) + index * row
        label = size * 6
        room = self.bars.width - label - size
        left = self.bars.left + size
        pen.draw.rectangle((self.bars.left, top, self.bars.left + size // 2, top + size), fill=PANE_COLOURS[index])
        total = sum(moment.stages.values())
        squeeze = min(1.0, self.most / total) if total else 0.0  # a longer step fills the room, and its number tells
        x = float(left)
        for name, seconds in moment.stages.items():
            wide = seconds / self.most * squeeze * room
            if wide >= 0.5:
                pen.draw.rectangle((round(x), top, round(x + wide), top + size), fill=_stage_colour(self.stages.index(name)))
            x += wide
        if total:
            pen.line(_milliseconds(total), self.bars.right - label, top - 2, label, size, INK, side="right")

    def _curve(self, pen: Pen, playback: Playback, until: int, colour: tuple[int, ...], width: int) -> None:
        values = playback.progress[: until + 1]
        points = [(self._x(k / playback.hz), self._y(v)) for k, v in enumerate(values)]
        if len(points) > 1:
            pen.draw.line(points, fill=colour, width=width, joint="curve")

    def _x(self, seconds: float) -> int:
        return self.plot.left + round(seconds / self.end * self.plot.width)

    def _y(self, value: float) -> int:
        return self.plot.bottom - round(float(np.clip(value, 0, 1)) * self.plot.height)


def _stage_colour(number: int) -> Colour:
    return STAGE_COLOURS[number % len(STAGE_COLOURS)]


def _ticks(end: float) -> list[float]:
    """Four to eight round numbers from 0 to ``end``."""
    power = 10.0 ** np.floor(np.log10(end / 4))
    pace = next(step for step in (1, 2, 5, 10) if end / (step * power) <= 8) * power
    return [float(round(k * pace, 6)) for k in range(int(end / pace + 1e-9) + 1)]


def _milliseconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms" if seconds < 0.1 else f"{1000 * seconds:.0f} ms"
