"""One video frame: the camera's image with spatial prompts drawn on it, between a header (instruction, step) and a footer (subtask, reasoning, event)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from harness.thought import Box, Point, Thought, Trace, is_finite

Colour = tuple[int, int, int]

PAPER: Colour = (24, 26, 31)
INK: Colour = (236, 238, 242)
FAINT: Colour = (150, 156, 168)
GOOD: Colour = (64, 200, 110)
BAD: Colour = (228, 84, 78)
MARKS: tuple[Colour, ...] = ((255, 196, 0), (0, 214, 255), (255, 96, 178), (140, 255, 120))
"""colours of spatial prompts, by order of their labels"""

LAYERS = frozenset({"instruction", "step", "thought", "points", "boxes", "traces", "gripper", "success"})


@dataclass(frozen=True)
class FrameNotes:
    """What is said about one frame. ``gripper`` is openness 0..1; ``success`` is the predicate now; ``outcome`` only on the closing frames."""

    step: int
    max_steps: int
    instruction: str
    thought: Thought = field(default_factory=Thought)
    gripper: float | None = None
    success: bool = False
    event: str = ""
    outcome: str = ""


class Canvas:
    """Composes frames of one camera. The video is ``width`` wide (even) and keeps the image's aspect; ``layers`` are the overlays that are on."""

    def __init__(self, camera: str, image_size: tuple[int, int], width: int, layers: frozenset[str] = LAYERS) -> None:
        self.camera, self.layers = camera, layers
        image_width, image_height = image_size
        self.scale = width / image_width
        self.width = width - width % 2
        self.image_height = round(image_height * self.scale)
        self.font_size = max(12, width // 34)
        self.line = self.font_size + 5
        self.header = 2 * self.line + 8 if layers & {"instruction", "step", "gripper"} else 0
        self.footer = 4 * self.line + 8 if "thought" in layers else 0
        self.height = self.header + self.image_height + self.footer
        self.height += self.height % 2

    def compose(self, image: NDArray[np.uint8], notes: FrameNotes) -> NDArray[np.uint8]:
        """``image`` (H, W, 3) uint8 as rendered -> (height, width, 3) uint8."""
        frame = np.empty((self.height, self.width, 3), np.uint8)
        frame[:] = PAPER
        top = self.header
        how = cv2.INTER_LINEAR if self.scale >= 1 else cv2.INTER_AREA
        picture = np.asarray(cv2.resize(image, (self.width, self.image_height), interpolation=how), np.uint8)
        self._draw_prompts(picture, notes.thought)
        frame[top : top + self.image_height] = picture
        if "success" in self.layers:
            self._stamp(frame[top : top + self.image_height], notes)
        if self.header:
            frame[:top] = self._header(notes)
        if self.footer:
            bottom = top + self.image_height
            frame[bottom : bottom + self.footer] = self._footer(notes)
        return frame

    def _header(self, notes: FrameNotes) -> NDArray[np.uint8]:
        right = []
        if "step" in self.layers:
            right.append(f"step {notes.step}/{notes.max_steps}")
        if "gripper" in self.layers and notes.gripper is not None:
            right.append(f"gripper {round(notes.gripper * 20) * 5:3d}%")
        left = _wrap(notes.instruction, self.width * 0.72, self.font_size, 2) if "instruction" in self.layers else []
        return _strip(self.width, self.header, self.font_size, tuple((line, INK) for line in left), tuple((line, FAINT) for line in right))

    def _footer(self, notes: FrameNotes) -> NDArray[np.uint8]:
        thought = notes.thought
        lines: list[tuple[str, Colour]] = []
        if thought.subtask:
            sure = f"  ({thought.confidence:.0%})" if thought.confidence is not None else ""
            lines.append((f"> {thought.subtask}{sure}", MARKS[0]))
        lines += [(line, INK) for line in _wrap(thought.reasoning, self.width * 0.97, self.font_size, 4 - len(lines) - bool(notes.event))]
        right = ((notes.event, FAINT),) if notes.event else ()
        return _strip(self.width, self.footer, self.font_size, tuple(lines), right, right_at_bottom=True)

    def _stamp(self, picture: NDArray[np.uint8], notes: FrameNotes) -> None:
        text = notes.outcome.upper() or ("success now" if notes.success else "")
        if not text:
            return
        colour = GOOD if notes.success or notes.outcome == "success" else BAD
        cv2.rectangle(picture, (0, 0), (picture.shape[1] - 1, picture.shape[0] - 1), colour, 4)
        size = self.font_size * (2 if notes.outcome else 1)
        label = _label(text, size, colour)
        height, width = label.shape[:2]
        left = max(0, picture.shape[1] - width - 8)
        spot = picture[8 : 8 + height, left : left + width]
        spot[:] = label[: spot.shape[0], : spot.shape[1]]

    def _draw_prompts(self, picture: NDArray[np.uint8], thought: Thought) -> None:
        shapes: Sequence[Any] = (
            *(thought.traces if "traces" in self.layers else ()),
            *(thought.boxes if "boxes" in self.layers else ()),
            *(thought.points if "points" in self.layers else ()),
        )
        order = list(dict.fromkeys(s.label for s in (*thought.points, *thought.boxes, *thought.traces)))
        for shape in shapes:
            if shape.camera not in ("", self.camera) or not is_finite(shape):
                continue
            colour = MARKS[order.index(shape.label) % len(MARKS)]
            if isinstance(shape, Box):
                self._draw_box(picture, shape, colour)
            elif isinstance(shape, Trace):
                path = (np.asarray(shape.points, np.float64) * self.scale).round().astype(np.int32)
                cv2.polylines(picture, [path.reshape(-1, 1, 2)], False, colour, 2, cv2.LINE_AA)
            elif isinstance(shape, Point):
                self._draw_point(picture, shape, colour)

    def _draw_box(self, picture: NDArray[np.uint8], box: Box, colour: Colour) -> None:
        x0, y0, x1, y1 = (round(v * self.scale) for v in (box.x0, box.y0, box.x1, box.y1))
        cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 2, cv2.LINE_AA)
        self._tag(picture, box.label, x0, y0 - self.line, colour)

    def _draw_point(self, picture: NDArray[np.uint8], point: Point, colour: Colour) -> None:
        x, y = round(point.x * self.scale), round(point.y * self.scale)
        radius = max(4, self.width // 90)
        cv2.circle(picture, (x, y), radius + 1, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.circle(picture, (x, y), radius, colour, 2, cv2.LINE_AA)
        cv2.circle(picture, (x, y), 1, colour, -1, cv2.LINE_AA)
        self._tag(picture, point.label, x + radius + 4, y - self.line // 2, colour)

    def _tag(self, picture: NDArray[np.uint8], text: str, x: int, y: int, colour: Colour) -> None:
        if not text:
            return
        label = _label(text, max(11, self.font_size - 3), colour)
        height, width = label.shape[:2]
        x, y = int(np.clip(x, 0, max(0, picture.shape[1] - width))), int(np.clip(y, 0, max(0, picture.shape[0] - height)))
        spot = picture[y : y + height, x : x + width]
        spot[:] = label[: spot.shape[0], : spot.shape[1]]


@lru_cache(maxsize=8)
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


@lru_cache(maxsize=256)
def _label(text: str, size: int, colour: Colour) -> NDArray[np.uint8]:
    """Dark text on a small plate of ``colour``."""
    font = _font(size)
    left, top, right, bottom = font.getbbox(text)
    plate = Image.new("RGB", (int(right - left) + 8, int(bottom - top) + 8), colour)
    ImageDraw.Draw(plate).text((4 - left, 4 - top), text, fill=PAPER, font=font)
    return np.asarray(plate)


@lru_cache(maxsize=64)
def _strip(
    width: int,
    height: int,
    size: int,
    left: tuple[tuple[str, Colour], ...],
    right: tuple[tuple[str, Colour], ...],
    right_at_bottom: bool = False,
) -> NDArray[np.uint8]:
    """A band of text. Cached: most frames say what the frame before said."""
    band = Image.new("RGB", (width, height), PAPER)
    draw, font, line = ImageDraw.Draw(band), _font(size), size + 5
    for row, (text, colour) in enumerate(left):
        draw.text((8, 4 + row * line), text, fill=colour, font=font)
    for row, (text, colour) in enumerate(right):
        y = height - 4 - (len(right) - row) * line if right_at_bottom else 4 + row * line
        draw.text((width - 8 - font.getlength(text), y), text, fill=colour, font=font)
    return np.asarray(band)


@lru_cache(maxsize=256)
def _wrap(text: str, width: float, size: int, lines: int) -> list[str]:
    """At most ``lines`` lines that fit ``width`` pixels; what does not fit ends in an ellipsis."""
    if not text or lines < 1:
        return []
    per_line = max(8, int(width / (_font(size).getlength("the quick brown fox jumps over") / 30)))
    wrapped = textwrap.wrap(" ".join(text.split()), per_line)
    return wrapped if len(wrapped) <= lines else [*wrapped[: lines - 1], wrapped[lines - 1][: per_line - 3] + "..."]
