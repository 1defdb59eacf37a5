"""The words of the suite: colours and shapes, each in the training split or held out.

A policy trained on this suite may only ever see the ``train`` words; the ``heldout`` words are what generalisation is tested on. Distractors of an episode come from the training words and the words its split selects, so
that being novel does not give the target object away.
"""

from __future__ import annotations

from typing import Final, Literal

Part = Literal["train", "heldout"]

# Seeds from here on are held out: no training data may be made from them, and evaluation suites take theirs from here.
HELDOUT_SEED_START: Final = 1_000_000

# linear-ish RGB, 0..1
COLOURS: Final[dict[Part, dict[str, tuple[float, float, float]]]] = {
    "train": {
        "red": (0.78, 0.06, 0.06),
        "green": (0.08, 0.52, 0.12),
        "blue": (0.06, 0.16, 0.75),
        "yellow": (0.90, 0.76, 0.05),
        "orange": (0.92, 0.36, 0.03),
        "purple": (0.36, 0.08, 0.52),
    },
    "heldout": {
        "pink": (0.93, 0.42, 0.62),
        "cyan": (0.10, 0.70, 0.78),
        "brown": (0.30, 0.14, 0.05),
        "white": (0.92, 0.92, 0.92),
    },
}

# Things a gripper can pick up.
PICKABLES: Final[dict[Part, tuple[str, ...]]] = {
    "train": ("cube", "can", "bottle", "carrot"),
    "heldout": ("eggplant", "spoon"),
}
# What something is put on.
RECEPTACLES: Final[dict[Part, tuple[str, ...]]] = {"train": ("plate", "cloth"), "heldout": ("bowl",)}
# What is stacked, and on what: flat enough on top to carry.
STACKABLES: Final[dict[Part, tuple[str, ...]]] = {"train": ("cube", "can"), "heldout": ("block",)}
STACK_BASES: Final[dict[Part, tuple[str, ...]]] = {"train": ("cube",), "heldout": ("block",)}
# Short enough to disappear in a drawer or a basket whichever way they fall.
DROPPABLES: Final[dict[Part, tuple[str, ...]]] = {"train": ("cube", "can", "carrot"), "heldout": ("eggplant", "spoon")}

SIZES: Final = (0.92, 1.0, 1.08)  # scale of a pickable, drawn per object and never named
UNSCALED: Final = ("plate", "cloth", "bowl", "basket")
# Sizes that are named, where two things differ in nothing else: told apart at a glance, and still graspable.
NAMED_SIZES: Final[dict[str, float]] = {"small": 0.8, "large": 1.2}
# What stands by itself in training and can lie on its side.
STANDING: Final = ("can", "bottle")


def words_in_play(colours: Part, shapes: Part) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(colours, shapes) of distractors: the training words, and the held-out ones where the episode's split selects them."""
    parts: tuple[Part, ...] = ("train", "heldout")
    found_colours = tuple(colour for part in parts if part in ("train", colours) for colour in COLOURS[part])
    return found_colours, tuple(shape for part in parts if part in ("train", shapes) for shape in PICKABLES[part])


def colour_rgb(name: str) -> tuple[float, float, float]:
    return {**COLOURS["train"], **COLOURS["heldout"]}[name]


def all_colours() -> tuple[str, ...]:
    return (*COLOURS["train"], *COLOURS["heldout"])
