"""Batches for grounding: a frame, a sentence about it, and where what it names is.

Half of the sentences are the demonstration's own task in other words; the others ask for something else in the same picture (any pair of things is a label, look-alikes included).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.training.dataset import Demonstrations
from agents.training.domain import Domain
from agents.vla.inputs import IMAGE_SIZE, MAX_WORDS, Inputs
from agents.vla.reasoner import ANGLES, FACT_SCALE, HELD
from agents.vla.reasoning import FACTS
from agents.vla.text_decoder import MAX_TOKENS
from agents.vla.vocabulary import Vocabulary

SHIFT = 6  # pixels
_UNKNOWN = "qqq"  # a word of no vocabulary
_U, _BOX, _HEIGHTS, _ANGLE, _GRASPABLE, _DEPTH = slice(0, 2), slice(2, 6), slice(7, 10), 10, 11, 12
_OF_SOURCE = ("source_z", "grasp_z", "source_top", "source_bottom", "target_z")  # known for any pair of things


@dataclass
class GroundingBatch:
    """``points`` (B, 3, 2) NaN where unknown; ``present`` (B, 2); ``facts`` (B, 10) in FACT_SCALE, NaN unknown; ``angle`` (B,) class, -1 unknown; ``tokens`` (B, S) with -1 unknown; ``shift`` (B, 2)."""

    inputs: Inputs
    shift: Tensor
    points: Tensor
    present: Tensor
    facts: Tensor
    angle: Tensor
    family: Tensor
    tokens: Tensor


class GroundingSampler:
    """Args: frames: indices to draw from; augment: camera, light and colour."""

    def __init__(
        self, data: Demonstrations, domain: Domain, vocabulary: Vocabulary, frames: NDArray[np.int64], augment: bool = True
    ) -> None:
        self.data, self.domain, self.vocabulary, self.frames, self.augment = data, domain, vocabulary, frames, augment
        view = data.view[data.frame_step]
        inverse = np.linalg.inv(data.projection[:, :, :3])[view]
        uvw = np.concatenate([data.things[..., :2], np.ones_like(data.things[..., :1])], -1) * data.things[..., _DEPTH:]
        self._heights = np.einsum("fij,fkj->fki", inverse, uvw - data.projection[view, None, :, 3])[..., 2].astype(
            np.float32
        )  # (F, K) of each thing's point

    def batch(self, size: int, rng: np.random.Generator, own: float = 0.55, views: int = 1) -> GroundingBatch:
        """``own``: the share of sentences that are about the demonstration's own task; ``views``: sentences about each image (the image is encoded once)."""
        return self.of(self.frames[rng.integers(len(self.frames), size=size // views)], rng, own, views=views)

    def of(
        self,
        frames: NDArray[np.int64],
        rng: np.random.Generator,
        own: float = 1.0,
        original: float = 0.2,
        views: int = 1,
        move: bool = True,
    ) -> GroundingBatch:
        """The batch of these frames. ``original``: share of own sentences that are left as they were; ``move``: False keeps the camera where it is."""
        size = len(frames) * views
        images = np.empty((len(frames), 3, IMAGE_SIZE, IMAGE_SIZE), np.float32)
        words = np.zeros((size, MAX_WORDS), np.int64)
        points = np.full((size, 3, 2), np.nan, np.float32)
        present = np.zeros((size, 2), np.float32)
        facts = np.full((size, len(FACTS)), np.nan, np.float32)
        angle = np.full(size, -1)
        family = np.zeros(size, np.int64)
        tokens = np.full((size, MAX_TOKENS), -1)
        shift = np.zeros((size, 2), np.float32)
        for number, frame in enumerate(frames):
            moved = rng.integers(-SHIFT, SHIFT + 1, 2) if self.augment and move and rng.random() < 0.7 else np.zeros(2, int)
            images[number] = _shifted(self.data.image(int(frame)), moved).transpose(2, 0, 1)
            for row in range(number * views, (number + 1) * views):
                shift[row] = moved / IMAGE_SIZE
                ours = rng.random() < own
                self._label(row, int(frame), rng, ours, original, words, points, present, facts, angle, family, tokens, shift[row])
        image_tensor = torch.from_numpy(images) / 255.0
        if self.augment:
            image_tensor = _coloured(image_tensor, rng)
        state = torch.from_numpy(self.data.state[self.data.frame_step[np.repeat(frames, views)]])
        return GroundingBatch(
            Inputs(image_tensor, torch.from_numpy(words), state),
            *(torch.from_numpy(x) for x in (shift, points, present, facts, angle, family, tokens)),
        )

    def _label(self, row, frame, rng, own, original, words, points, present, facts, angle, family, tokens, shift) -> None:
        data = self.data
        step = int(data.frame_step[frame])
        names = [str(name) for name in data.names[frame]]
        things = data.things[frame]
        task, (source, target) = str(data.task[step]), (str(name) for name in data.roles[frame])
        text = str(data.instruction[frame])
        if not own:
            graspable = {name: bool(things[k, _GRASPABLE]) for k, name in enumerate(names) if name}
            sentence = self.domain.alternatives(task, graspable, rng)
            if sentence is None:
                own = True
            else:
                task, source, target, text = sentence.task, sentence.source, sentence.target, sentence.text
        if (own and rng.random() >= original) or not own:
            said_source, said_target = self._with_unknown_words(source, target, names, rng)
            text = self.domain.rephrase(task, said_source, said_target, rng)
        ids = np.array(self.vocabulary.encode(text, MAX_WORDS)[0])
        if self.augment:
            ids = np.where((rng.random(MAX_WORDS) < 0.02) & (ids != self.vocabulary.pad), self.vocabulary.unknown, ids)
        words[row] = ids
        family[row] = self.domain.families.index(self.domain.family(task))
        boxes = []
        for role, name in enumerate((source, target)):
            if not name or name not in names:
                continue
            thing = things[names.index(name)]
            inside = 0.01 < thing[0] + shift[0] < 0.99 and 0.01 < thing[1] + shift[1] < 0.99
            if inside:
                points[row, role] = thing[_U] + shift
            boxes.append(np.clip(thing[_BOX] + np.tile(shift, 2), 0, 1))
            if role == 1:
                present[row, 0] = 1
        at = names.index(source)
        facts[row, : len(_OF_SOURCE) - 1] = (self._heights[frame, at], *things[at, _HEIGHTS])
        facts[row, FACTS.index("target_z")] = self._heights[frame, names.index(target)] if target else 0.0
        if things[at, _ANGLE] == things[at, _ANGLE]:
            angle[row] = int(things[at, _ANGLE] / np.pi * ANGLES) % ANGLES
        else:
            angle[row] = ANGLES
        present[row, 1] = float(bool(target))
        if own:
            facts[row] = data.facts[step]
            place = data.place[step]
            if place[0] == place[0]:
                u, v, w = data.projection[data.view[step]] @ np.append(place, 1.0)
                points[row, 2] = np.array([u / w, v / w]) + shift
            sequence = self.vocabulary.sequence(str(data.subtask[step]), boxes)[:MAX_TOKENS]
            tokens[row, : len(sequence)] = sequence
        held = facts[row, HELD]
        facts[row] /= FACT_SCALE
        facts[row, HELD] = held

    def _with_unknown_words(self, source: str, target: str, names: list[str], rng: np.random.Generator) -> tuple[str, str]:
        """Now and then a shape or a colour is a word that nobody knows, where the rest still says which thing is meant."""
        said = [source, target]
        draw, role, which = rng.random(), int(rng.integers(2)), int(rng.integers(2))
        parts = said[role].split()
        if self.augment and draw < 0.2 and len(parts) == 2 and parts[1] != "drawer":
            rivals = [name for name in names if name and name != said[role] and name.split()[1 - which] == parts[1 - which]]
            if not rivals:
                parts[which] = _UNKNOWN
                said[role] = " ".join(parts)
        return said[0], said[1]


def _shifted(image: NDArray[np.uint8], moved: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The image moved by (x, y) pixels; borders are repeated."""
    if not moved.any():
        return image
    ys = np.clip(np.arange(IMAGE_SIZE) - moved[1], 0, IMAGE_SIZE - 1)
    xs = np.clip(np.arange(IMAGE_SIZE) - moved[0], 0, IMAGE_SIZE - 1)
    return image[ys][:, xs]


def _coloured(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Light and colour: gain per channel, brightness, contrast, gamma, noise; a third of the images stay as they are."""
    size = len(images)

    def drawn(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (size, *shape)).astype(np.float32))

    gain, shade, contrast, gamma = (
        drawn(0.88, 1.12, 3, 1, 1),
        drawn(-0.06, 0.06, 1, 1, 1),
        drawn(0.8, 1.2, 1, 1, 1),
        drawn(0.8, 1.25, 1, 1, 1),
    )
    changed = (((images * gain).clamp(1e-4, 1) ** gamma - 0.5) * contrast + 0.5 + shade).clamp(0, 1)
    noise = torch.from_numpy(rng.standard_normal(images.shape, np.float32)) * 0.015
    keep = torch.from_numpy(rng.random((size, 1, 1, 1)) < 0.34)
    return torch.where(keep, images, (changed + noise).clamp(0, 1))
