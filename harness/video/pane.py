"""One pane of a montage: title and outcome, pictures with the prompts drawn on them, and what the policy says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.recording.overlay import BAD, FAINT, GOOD, INK, MARKS, PAPER, Canvas, Colour, FrameNotes
from harness.video.footage import Footage
from harness.video.layout import Layout, PaneLayout, Rect
from harness.video.lettering import Pen, wrapped
from harness.video.playback import Moment, Playback

DRAWN = frozenset({"points", "boxes", "traces", "success"})
EMPTY: Colour = (42, 45, 52)
CHIPS: dict[str, Colour] = {"success": GOOD, "failure": BAD, "error": (230, 159, 0)}


class Pane:
    """Draws one episode into its part of the frame. ``say_instruction``: the panes were told different things, so each shows its own."""

    def __init__(self, playback: Playback, place: PaneLayout, layout: Layout, colour: Colour, say_instruction: bool) -> None:
        self.playback, self.place, self.layout, self.colour = playback, place, layout, colour
        self.say_instruction = say_instruction
        self._canvases: dict[str, tuple[Canvas, Rect]] = {}
        self._drawn: dict[
            str, tuple[int, NDArray[np.uint8]]
        ] = {}  # the last picture of each camera: an episode that is over shows it for long

    def draw(self, image: Image.Image, pen: Pen, moment: Moment) -> None:
        self._title(pen, moment)
        shown = list(self.playback.footage.items())
        boxes = self.place.pictures
        for index, box in enumerate(boxes):
            if index < len(shown):
                camera, footage = shown[index]
                picture, place = self._picture(camera, footage, box, moment)
                if (place.width, place.height) != (box.width, box.height):
                    pen.draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=EMPTY)
                image.paste(Image.fromarray(picture), (place.left, place.top))
            else:
                pen.draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=EMPTY)
        if not shown:
            self._trouble(pen, boxes[0])
        self._notes(pen, moment)

    def _title(self, pen: Pen, moment: Moment) -> None:
        title, size = self.place.title, self.layout.text
        middle = title.top + title.height // 2
        pen.draw.rectangle((title.left, middle - size // 2, title.left + size // 2, middle + size // 2), fill=self.colour)
        top = middle - round(size * 0.72)
        room = title.width - size
        if moment.outcome:
            room -= pen.chip(moment.outcome.upper(), title.right, top, size, CHIPS[moment.outcome], PAPER) + size // 2
        elif moment.success:
            room -= pen.chip("success now", title.right, top, size, (40, 110, 66), INK) + size // 2
        episode = self.playback.take.episode
        if episode is not None and episode.outcome != "error":
            at = f"step {moment.step}/{episode.scenario.max_steps}"
            room -= pen.line(at, title.left + size, top + size // 6, room, self.layout.small, FAINT, side="right") + size // 2
        pen.line(self.playback.take.label, title.left + size, top, room, size, INK)

    def _picture(self, camera: str, footage: Footage, box: Rect, moment: Moment) -> tuple[NDArray[np.uint8], Rect]:
        if self._drawn.get(camera, (-1,))[0] == moment.step:
            return self._drawn[camera][1], self._canvases[camera][1]
        picture = footage.at(moment.step)
        if camera not in self._canvases:
            width = max(2, min(box.width, round(box.height * footage.aspect)))
            width -= width % 2
            known = footage.image_size or (picture.shape[1], picture.shape[0])
            layers = (DRAWN if footage.image_size else DRAWN & {"success"}) - footage.overlays
            canvas = Canvas(camera, known, width, frozenset(layers))
            # the frame's aspect may differ by a pixel's rounding from the image's: the canvas decides
            height = min(box.height, canvas.image_height)
            place = Rect(box.left + (box.width - width) // 2, box.top + (box.height - height) // 2, width, height)
            self._canvases[camera] = canvas, place
        canvas, place = self._canvases[camera]
        notes = FrameNotes(moment.step, 0, "", moment.thought, success=moment.success, outcome=moment.outcome)
        self._drawn[camera] = moment.step, canvas.compose(picture, notes)[: place.height]
        return self._drawn[camera][1], place

    def _trouble(self, pen: Pen, box: Rect) -> None:
        size = self.layout.text
        width = max(box.width, self.place.title.width) - 2 * size
        lines = [line for text in self.playback.trouble for line in wrapped(text, size, width, 4)]
        top = box.top + max(size, (box.height - len(lines) * self.layout.row) // 2)
        for number, line in enumerate(lines):
            pen.line(line, box.left + size, top + number * self.layout.row, width, size, INK)

    def _notes(self, pen: Pen, moment: Moment) -> None:
        place, row, thought = self.place.notes, self.layout.row, moment.thought
        top = place.top + row // 4
        if self.say_instruction:
            for line in wrapped(f'"{moment.instruction}"', self.layout.small, place.width, 3 if place.height > 8 * row else 1):
                pen.line(line, place.left, top, place.width, self.layout.small, INK)
                top += row
        if thought.subtask:
            sure = f"  ({thought.confidence:.0%})" if thought.confidence is not None else ""
            pen.line(f"> {thought.subtask}{sure}", place.left, top, place.width, self.layout.text, MARKS[0])
        top += row
        said = wrapped(thought.reasoning, self.layout.small, place.width, max(1, (place.bottom - top) // row - 1))
        for line in said:
            pen.line(line, place.left, top, place.width, self.layout.small, INK)
            top += row
        if moment.event and top + row <= place.bottom + row // 2:
            pen.line(moment.event, place.left, top, place.width, self.layout.small, FAINT)
        if self.playback.trouble and self.playback.footage:
            pen.line(self.playback.trouble[0], place.left, place.bottom - row, place.width, self.layout.small, CHIPS["error"])
