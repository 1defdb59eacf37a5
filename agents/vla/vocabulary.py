"""Words and locations as tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PAD, UNKNOWN, BEGIN, END, BOX = "<pad>", "<unk>", "<begin>", "<end>", "<box>"
SPECIAL = (PAD, UNKNOWN, BEGIN, END, BOX)
LOCATIONS = 128  # a coordinate in [0, 1] is one of this many tokens

_WORD = re.compile(r"[a-z0-9]+")


def split_words(text: str) -> list[str]:
    """Lower-case words; punctuation goes."""
    return _WORD.findall(text.lower())


class Vocabulary:
    """Token ids: specials, then :data:`LOCATIONS` locations, then words."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(sorted(set(words)))
        self._ids = {word: len(SPECIAL) + LOCATIONS + index for index, word in enumerate(self.words)}
        self.pad, self.unknown, self.begin, self.end, self.box = range(len(SPECIAL))

    def __len__(self) -> int:
        return len(SPECIAL) + LOCATIONS + len(self.words)

    def encode(self, text: str, length: int) -> tuple[list[int], list[str]]:
        """(ids padded to ``length``, words that are not known). Longer texts are cut after ``length`` words."""
        words = split_words(text)[:length]
        ids = [self._ids.get(word, self.unknown) for word in words]
        return ids + [self.pad] * (length - len(ids)), [word for word in words if word not in self._ids]

    def sequence(self, text: str, boxes: Sequence[Sequence[float]]) -> list[int]:
        """Ids of ``text``, then BOX and four locations for each box (left, top, right, bottom in [0, 1]; NaN: left out), then END."""
        ids = [self._ids.get(word, self.unknown) for word in split_words(text)]
        for box in boxes:
            ids.append(self.box)
            if all(value == value for value in box):
                ids += [len(SPECIAL) + min(LOCATIONS - 1, max(0, int(value * LOCATIONS))) for value in box]
        return [*ids, self.end]

    def decode(self, ids: Sequence[int]) -> tuple[str, list[tuple[float, float, float, float] | None]]:
        """(text, boxes) of a sequence; None for a box without its four locations."""
        words: list[str] = []
        boxes: list[list[float]] = []
        for token in ids:
            if token == self.end:
                break
            if token == self.box:
                boxes.append([])
            elif len(SPECIAL) <= token < len(SPECIAL) + LOCATIONS:
                if boxes:
                    boxes[-1].append((token - len(SPECIAL) + 0.5) / LOCATIONS)
            elif token >= len(SPECIAL) + LOCATIONS and not boxes:
                words.append(self.words[token - len(SPECIAL) - LOCATIONS])
        return " ".join(words), [(b[0], b[1], b[2], b[3]) if len(b) == 4 else None for b in boxes]


def subtask_kind(text: str) -> str:
    """The kind of a subtask without its names: "grasp the red cube" -> "grasp", "reach the handle of the top drawer" -> "reach handle"."""
    kind = text.split(" the ")[0]
    if "handle" in text:
        kind += " handle"
    elif text.startswith("reach") and text.endswith("drawer"):
        kind += " drawer"
    return kind
