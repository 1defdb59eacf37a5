"""Training sentences of the tabletop suite: many templates, synonyms, filler words. The suite's held-out templates are none of them, and held-out colours and shapes are never named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envs.manipulation.tabletop.tasks import DRAWERS
from envs.manipulation.tabletop.vocabulary import COLOURS, PICKABLES, RECEPTACLES

SHAPES = (*PICKABLES["train"], *RECEPTACLES["train"], "basket")
_FILLERS_BEFORE = (
    "",
    "",
    "",
    "",
    "please",
    "now",
    "robot",
    "can you",
    "could you please",
    "I want you to",
    "go ahead and",
    "your job is to",
    "next",
    "hey",
)
_FILLERS_AFTER = ("", "", "", "", "please", "now", "carefully", "for me", "thanks", "right away", "if you can")

# {source}, {target}: things; for drawers {target} or {source} is "top drawer".
_TEMPLATES: dict[str, tuple[str, ...]] = {
    "put_on": (
        "put the {source} on the {target}",
        "place the {source} on the {target}",
        "move the {source} onto the {target}",
        "pick up the {source} and put it on the {target}",
        "set the {source} down on the {target}",
        "lay the {source} on the {target}",
        "put the {source} onto the {target}",
        "the {source} should be on the {target}",
        "I would like the {source} on the {target}",
        "onto the {target} put the {source}",
        "take the {source} and place it onto the {target}",
        "let the {source} rest on the {target}",
        "the {target} is where the {source} should go",
        "the {source} goes on the {target}",
        "bring the {source} to the {target}",
        "rest the {source} upon the {target}",
    ),
    "stack": (
        "stack the {source} on the {target}",
        "put the {source} on top of the {target}",
        "place the {source} on the {target}",
        "pick up the {source} and stack it on the {target}",
        "set the {source} on top of the {target}",
        "pile the {source} on the {target}",
        "make a stack with the {source} above the {target}",
        "the {source} must be stacked onto the {target}",
        "lift the {source} and stack it over the {target}",
        "build a stack from the {source} on the {target}",
    ),
    "put_in_basket": (
        "put the {source} into the {target}",
        "place the {source} in the {target}",
        "drop the {source} into the {target}",
        "pick up the {source} and put it in the {target}",
        "throw the {source} into the {target}",
        "the {source} should be in the {target}",
        "the {source} has to go into the {target}",
        "move the {source} inside the {target}",
        "gather the {source} into the {target}",
        "into the {target} with the {source}",
    ),
    "pick": (
        "pick the {source}",
        "pick up the {source}",
        "lift the {source}",
        "grab the {source} and lift it",
        "hold up the {source}",
        "take the {source}",
        "get the {source} and lift it up",
        "lift the {source} up from the table",
        "grasp the {source} and hold it up",
        "the {source} should be lifted",
        "raise the {source}",
    ),
    "move_near": (
        "move the {source} near the {target}",
        "put the {source} next to the {target}",
        "place the {source} beside the {target}",
        "bring the {source} close to the {target}",
        "set the {source} down near the {target}",
        "the {source} should be next to the {target}",
        "I want the {source} beside the {target}",
        "the {source} must come near the {target}",
        "take the {source} over to the {target}",
        "put the {source} by the {target}",
        "let the {source} stand close to the {target}",
    ),
    "open_drawer": (
        "open the {source}",
        "open {source}",
        "pull the {source} open",
        "pull out the {source}",
        "the {source} should be open",
        "get the {source} open",
        "pull the {source} out",
        "slide open the {source}",
        "I want to look inside the {source}",
        "draw the {source} out",
    ),
    "close_drawer": (
        "close the {source}",
        "close {source}",
        "push the {source} closed",
        "shut the {source}",
        "the {source} should be closed",
        "push the {source} back in",
        "the {source} must not stay open",
        "slide the {source} shut",
        "get the {source} closed",
        "push in the {source}",
    ),
    "put_in_drawer": (
        "put the {source} into the {target}",
        "place the {source} in the {target}",
        "drop the {source} into the {target}",
        "pick up the {source} and put it in the {target}",
        "the {source} should be in the {target}",
        "stow the {source} in the {target}",
        "keep the {source} in the {target}",
        "move the {source} inside the {target}",
        "the {source} has to go into the {target}",
        "into the {target} with the {source}",
    ),
}
_SYNONYMS = {
    "cube": ("box",),
    "can": ("tin",),
    "carrot": ("carrot vegetable",),
    "bottle": ("flask",),
    "plate": ("dish",),
    "cloth": ("towel", "napkin"),
    "basket": ("bin", "hamper"),
    "purple": ("violet",),
    "drawer": ("drawer of the cabinet",),
}


def _renamed(name: str, rng: np.random.Generator) -> str:
    words = [str(rng.choice(_SYNONYMS[word])) if word in _SYNONYMS and rng.random() < 0.12 else word for word in name.split()]
    return " ".join(words)


def family_sentence(family: str, source: str, target: str, rng: np.random.Generator) -> str:
    """A random sentence of a family of tasks that names ``source`` and ``target``."""
    templates = _TEMPLATES[family]
    sentence = templates[int(rng.integers(len(templates)))].format(source=_renamed(source, rng), target=_renamed(target, rng))
    before, after = str(rng.choice(_FILLERS_BEFORE)), str(rng.choice(_FILLERS_AFTER))
    return " ".join(part for part in (before, sentence, after) if part)


def all_texts() -> tuple[str, ...]:
    """Texts that hold every word that :func:`family_sentence` can say."""
    names = [*COLOURS["train"], *SHAPES, *DRAWERS, "drawer"]
    synonyms = [word for words in _SYNONYMS.values() for word in words]
    return (*texts_of(tuple(_TEMPLATES)), *synonyms, *names)


def texts_of(families: Sequence[str]) -> tuple[str, ...]:
    """The templates of some families without names, and the filler words."""
    templates = [text.format(source="", target="") for family in families for text in _TEMPLATES[family]]
    return (*templates, *_FILLERS_BEFORE, *_FILLERS_AFTER)
