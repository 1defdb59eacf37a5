"""Which scenes belong to train, val and test, and which road form and situation scene number `index` has.

Splits share no random numbers (the split is part of every seed), and test has what the others never see: the forms and situations of `TEST_ONLY_FORMS` and `TEST_ONLY_SITUATIONS`.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from harness.errors import ConfigError, did_you_mean
from scenarios.driving.forms import FORMS
from scenarios.driving.situations import SITUATIONS

SPLITS = {"train": 1, "val": 2, "test": 3}
TEST_ONLY_FORMS = frozenset({"roundabout", "on_ramp"})
TEST_ONLY_SITUATIONS = frozenset({"occluded_pedestrian", "oncoming_narrow"})
_TIMES = {"red_light": 4, "unprotected_left": 2, "give_way": 2}
"""How often the combinations of situations that few forms have are taken in each round."""

Combination = tuple[str, str]
"""(road form, situation)."""


def split_code(split: str) -> int:
    """The number of a split. Raises ConfigError for an unknown name."""
    if split not in SPLITS:
        raise ConfigError(f"unknown split {split!r}", did_you_mean(split, SPLITS))
    return SPLITS[split]


def held_out(form: str, situation: str) -> str:
    """What of a combination is kept for the test split: '', 'form', 'situation' or 'both'."""
    new_form, new_situation = form in TEST_ONLY_FORMS, situation in TEST_ONLY_SITUATIONS
    return "both" if new_form and new_situation else "form" if new_form else "situation" if new_situation else ""


@cache
def combinations(split: str) -> tuple[Combination, ...]:
    """The combinations of a split in the order in which its indices take them, round after round: scene `index` has number `index % len`."""
    code = split_code(split)
    every = [(form, name) for name, situation in SITUATIONS.items() for form in situation.forms for _ in range(_TIMES.get(name, 1))]
    mine = [pair for pair in every if split == "test" or not held_out(*pair)]
    order = np.random.default_rng([1729, code]).permutation(len(mine))
    return tuple(mine[int(place)] for place in order)


def combination(split: str, index: int) -> Combination:
    """Form and situation of scene `index`. Raises ConfigError for a negative index."""
    if index < 0:
        raise ConfigError(f"scene index {index} is negative", "count from 0")
    every = combinations(split)
    return every[index % len(every)]


def indices(suite: str, split: str, n: int) -> list[int]:
    """The first `n` indices of a split that belong to `suite`: `all`, `held_out`, `seen`, a road form or a situation. Raises ConfigError."""
    known = ["all", "held_out", "seen", *FORMS, *SITUATIONS]
    if suite not in known:
        raise ConfigError(f"unknown suite of scenes {suite!r}", did_you_mean(suite, known))
    every = combinations(split)

    def fits(pair: Combination) -> bool:
        return (
            suite == "all" or suite in pair or (suite == "held_out" and bool(held_out(*pair))) or (suite == "seen" and not held_out(*pair))
        )

    chosen = [place for place, pair in enumerate(every) if fits(pair)]
    if not chosen:
        raise ConfigError(f"the {split} split has no scenes of {suite!r}", "it is kept for the test split: use split=test")
    rounds, rest = divmod(n, len(chosen))
    return [len(every) * turn + place for turn in range(rounds + 1) for place in (chosen if turn < rounds else chosen[:rest])]
