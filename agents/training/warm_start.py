"""Training that begins with shipped weights."""

from __future__ import annotations

import torch

from agents.vla.model import VlaModel
from agents.vla.vocabulary import LOCATIONS, SPECIAL
from agents.vla.weights import load_model, weights_path

WORDS = "reasoner.words.weight"
# What a class number or a word's means differs from model to model, and so does the camera.
_OWN = (
    "reasoner.text.",
    "reasoner.family.",
    "expert.conditioning.family.",
    "expert.conditioning.subtask.",
    "reasoner.projection",
    "expert.conditioning.projection",
)


@torch.no_grad()
def warm_start(model: VlaModel, weights: str, only: str = "") -> int:
    """Copies from ``weights`` every tensor of the same name and shape, of the part ``only`` (reasoner, expert; empty: both), and returns how many.

    What belongs to the vocabulary, the classes or the camera is copied only where the two have the same; embeddings of words that both know always.
    """
    source, _ = load_model(weights_path(weights))
    theirs, mine = source.state_dict(), model.state_dict()
    a, b = source.config, model.config
    same = (a.words, a.families, a.subtasks, a.projection) == (b.words, b.families, b.subtasks, b.projection)
    copied = 0
    for name, tensor in mine.items():
        if not name.startswith(only) or name not in theirs or theirs[name].shape != tensor.shape or name == WORDS:
            continue
        if same or not name.startswith(_OWN):
            tensor.copy_(theirs[name])
            copied += 1
    if WORDS.startswith(only):
        _copy_words(model, source)
        copied += 1
    return copied


def _copy_words(model: VlaModel, source: VlaModel) -> None:
    first = len(SPECIAL) + LOCATIONS
    mine, theirs = model.reasoner.words.weight, source.reasoner.words.weight
    mine[:first] = theirs[:first]
    at = {word: first + index for index, word in enumerate(source.vocabulary.words)}
    for index, word in enumerate(model.vocabulary.words):
        if word in at:
            mine[first + index] = theirs[at[word]]
