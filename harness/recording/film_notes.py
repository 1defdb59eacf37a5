"""What a recorded video says about itself, in its file's ``comment``: where the camera's picture lies in the frame, and what is already drawn on it.

Whoever puts videos side by side needs the picture without its text bands, and must not draw a second time what is drawn already. So nothing is filmed twice: a video with overlays is enough, and
one without (``record.overlays=[]``) gives the sharpest montage.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from harness.recording.overlay import Canvas

_KEY = "gauntlet_film"


@dataclass(frozen=True)
class FilmNotes:
    """``image``: (width, height) of the camera's image, in whose pixels prompts are given. ``picture``: left, top, width, height of it in the frame. Frame k shows the state after k control steps; the last is held."""

    camera: str
    image: tuple[int, int]
    picture: tuple[int, int, int, int]
    overlays: tuple[str, ...]

    @classmethod
    def of(cls, canvas: Canvas, image_size: tuple[int, int]) -> FilmNotes:
        """The notes of a video whose frames ``canvas`` composes from images of ``image_size`` (width, height)."""
        return cls(canvas.camera, image_size, (0, canvas.header, canvas.width, canvas.image_height), tuple(sorted(canvas.layers)))

    def to_text(self) -> str:
        return json.dumps({_KEY: asdict(self)}, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> FilmNotes | None:
        """None where the text is no such note (a video of another program, or older)."""
        try:
            data: dict[str, Any] = json.loads(text)[_KEY]
            width, height = map(int, data["image"])
            x, y, w, h = map(int, data["picture"])
            return cls(str(data["camera"]), (width, height), (x, y, w, h), tuple(map(str, data["overlays"])))
        except (ValueError, TypeError, KeyError):
            return None
