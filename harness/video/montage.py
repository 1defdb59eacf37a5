"""The comparison video: scenes one after another, each padded to its longest episode, with a poster and a contact sheet beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import ConfigError, StoreError
from harness.recording.overlay import FAINT, INK, PAPER
from harness.recording.video import encode
from harness.video.contact_sheet import ContactSheet
from harness.video.layout import Layout, lay_out
from harness.video.lettering import PANE_COLOURS, Pen
from harness.video.pane import Pane
from harness.video.playback import Playback
from harness.video.selection import Scene, describe, scene_facts
from harness.video.strip import Strip

CLOSING_SECONDS = 1.5
LEAST_FPS = 10
"""a control rate below this is shown at a multiple of it, for the sake of players that seek by frames"""


@dataclass(frozen=True)
class Montage:
    """What was written. ``frames`` at ``fps``; ``troubles``: what could not be shown, one line each."""

    path: Path
    poster: Path
    sheet: Path
    scenes: int
    frames: int
    fps: float
    size: tuple[int, int]
    troubles: tuple[str, ...]


def make_montage(scenes: Sequence[Scene], out: Path, width: int = 1280, cameras: Sequence[str] = ()) -> Montage:
    """Write ``out`` (mp4), ``out``.poster.png (the first scene's last frame) and ``out``.sheet.png. ``cameras``: which to show in each pane; default the first, and ``bev`` where filmed.

    Raises:
        ConfigError: ``out`` or ``width`` will not do; StoreError: nothing to be shown, or the file cannot be written.
    """
    if out.suffix.lower() != ".mp4":
        raise ConfigError(f"--out {out}", "give a file name that ends in .mp4")
    if not 480 <= width <= 3840:
        raise ConfigError(f"--width {width}", "give 480 to 3840 pixels")
    fps, layout, say = _plan(scenes, width, tuple(cameras))
    temporary = out.with_name(f".{out.name}.tmp.mp4")
    film = _Film(scenes, layout, fps, tuple(cameras), say)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        frames = encode(
            temporary, (layout.width, layout.height), fps, film.frames(), {"preset": "veryfast", "crf": "20", "g": str(2 * ceil(fps))}
        )
        os.replace(temporary, out)
        poster, sheet = out.with_suffix(".poster.png"), out.with_suffix(".sheet.png")
        Image.fromarray(film.poster).save(poster)
        film.sheet.image().save(sheet)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error}", "make room, or choose another --out") from None
    finally:
        with suppress(OSError):
            temporary.unlink()
    return Montage(out, poster, sheet, len(scenes), frames, fps, (layout.width, layout.height), tuple(dict.fromkeys(film.troubles)))


def _plan(scenes: Sequence[Scene], width: int, cameras: tuple[str, ...]) -> tuple[float, Layout, bool]:
    """Frame rate, layout, and whether panes need an instruction of their own: the same for the whole file."""
    rates, aspects, differ, filmed, reasons = [1.0], {}, False, False, False
    for scene in scenes:
        with ExitStack() as stack:
            playbacks = [stack.enter_context(closing(Playback(take, cameras))) for take in scene]
            rates += [p.hz for p in playbacks]
            filmed = filmed or any(p.footage for p in playbacks)
            for playback in playbacks:
                for index, footage in enumerate(playback.footage.values()):
                    aspects.setdefault(index, footage.aspect)
            reasons = reasons or any(p.reasons for p in playbacks)
            told = {p.at(step).instruction for p in playbacks if p.steps for step in (0, p.steps)}
            differ = differ or len(told) > 1
    if not filmed:
        reason = next((t for take in scenes[0] for t in Playback(take, cameras).trouble), "")
        raise StoreError(f"none of these episodes has a video ({reason})", "record some: gauntlet run ... record=light name=NAME")
    fps = max(rates)
    fps *= ceil(LEAST_FPS / fps)
    return fps, lay_out(max(map(len, scenes)), tuple(aspects[k] for k in sorted(aspects)), width, 2 + 2 * reasons + differ), differ


class _Film:
    """Makes the frames in order; keeps what the poster and the sheet need."""

    def __init__(self, scenes: Sequence[Scene], layout: Layout, fps: float, cameras: tuple[str, ...], say_instruction: bool) -> None:
        self.scenes, self.layout, self.fps, self.cameras, self.say = scenes, layout, fps, cameras, say_instruction
        self.sheet = ContactSheet(layout.width)
        self.troubles: list[str] = []
        self.poster: NDArray[np.uint8] = np.zeros((layout.height, layout.width, 3), np.uint8)

    def frames(self) -> Iterator[tuple[Any, int]]:
        for number, scene in enumerate(self.scenes, 1):
            with ExitStack() as stack:
                playbacks = [stack.enter_context(closing(Playback(take, self.cameras))) for take in scene]
                self.troubles += [f"{p.take.label}, {scene_facts(scene)['id']}: {text}" for p in playbacks for text in p.trouble]
                self.sheet.begin(describe(scene), [(p.take.label, p.take.outcome) for p in playbacks])
                yield from self._scene(number, scene, playbacks)

    def _scene(self, number: int, scene: Scene, playbacks: list[Playback]) -> Iterator[tuple[Any, int]]:
        layout = self.layout
        panes = [Pane(p, place, layout, PANE_COLOURS[k], self.say) for k, (p, place) in enumerate(zip(playbacks, layout.panes))]
        strip = Strip(playbacks, layout)
        backdrop = Image.new("RGB", (layout.width, layout.height), PAPER)
        strip.backdrop(backdrop)
        last = round(max(p.seconds for p in playbacks) * self.fps)
        kept = {round(share * last / (ContactSheet.COLUMNS - 1)) for share in range(ContactSheet.COLUMNS)}
        before, drawn = None, np.zeros((0,), np.uint8)
        for k in range(last + 1):
            seconds = k / self.fps
            steps = tuple(p.step_at(seconds) for p in playbacks)
            if steps != before:  # between control steps nothing moves
                before, drawn = steps, self._compose(backdrop, number, scene, panes, strip, seconds)
            if k in kept:
                self.sheet.add(seconds, [_cell(drawn, pane) for pane in panes])
            closing_frames = round(CLOSING_SECONDS * self.fps) if k == last else 0
            yield (lambda drawn=drawn: drawn), 1 + closing_frames
        if number == 1:
            self.poster = drawn

    def _compose(
        self, backdrop: Image.Image, number: int, scene: Scene, panes: list[Pane], strip: Strip, seconds: float
    ) -> NDArray[np.uint8]:
        layout, image = self.layout, backdrop.copy()
        pen = Pen(image)
        moments = [pane.playback.at(pane.playback.step_at(seconds)) for pane in panes]
        header, top = layout.header, layout.header.top
        clock = f"{seconds:5.1f} s" + (f" · scene {number}/{len(self.scenes)}" if len(self.scenes) > 1 else "")
        room = header.width - pen.line(clock, header.left, top, header.width, layout.text, INK, side="right") - layout.text
        said = "different instructions, see below" if self.say else f'"{next((m.instruction for m in moments if m.instruction), "")}"'
        pen.line(said, header.left, top, room, layout.large, INK)
        pen.line(describe(scene), header.left, top + round(layout.large * 1.5), header.width, layout.small, FAINT)
        for pane, moment in zip(panes, moments):
            pane.draw(image, pen, moment)
        strip.draw(pen, seconds, moments)
        return np.asarray(image)


def _cell(frame: NDArray[np.uint8], pane: Pane) -> NDArray[np.uint8]:
    boxes = pane.place.pictures
    return frame[boxes[0].top : boxes[0].bottom, boxes[0].left : boxes[-1].right]
