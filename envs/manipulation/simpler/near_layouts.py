"""The 60 episodes of "move near" (``simpler.md`` D5): which three objects lie where, and which goes near which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

HALF = 0.5**0.5
STANDING = (HALF, HALF, 0.0, 0.0)  # wxyz: a can's axis is its y
QUARTER_TURN = (HALF, 0.0, 0.0, HALF)
BOTTLE = (0.5, 0.5, 0.5, 0.5)  # standing, then a quarter turn: euler(pi/2, 0, pi/2)
UNTURNED = (1.0, 0.0, 0.0, 0.0)

# In plain words; which model stands for a word depends on the version.
TRIPLETS = (
    ("bottle", "pepsi", "orange"),
    ("7up", "apple", "sponge"),
    ("coke", "redbull", "apple"),
    ("sponge", "bottle", "7up"),
    ("orange", "pepsi", "redbull"),
)
QUATERNIONS: Mapping[str, tuple[float, float, float, float]] = {
    "bottle": BOTTLE,
    "orange": QUARTER_TURN,
    "sponge": QUARTER_TURN,
    "apple": UNTURNED,
    **dict.fromkeys(("pepsi", "7up", "coke", "redbull"), STANDING),
}
POSITIONS = (  # m, world
    ((-0.33, 0.04), (-0.33, 0.34), (-0.13, 0.19)),
    ((-0.13, 0.04), (-0.33, 0.19), (-0.13, 0.34)),
)
ROLES = tuple(permutations(range(3), 2))  # (source, target), as places in the triplet
EPISODES = len(TRIPLETS) * len(POSITIONS) * len(ROLES)
TOY_DENSITY = 200.0  # kg/m^3: the real evaluation's apple and orange are toys
TOYS = ("apple", "orange")


def _models(suffix: str, prefix: str) -> dict[str, str]:
    cans = {word: f"{prefix}opened_{word}_can{suffix}" for word in ("pepsi", "7up", "coke", "redbull")}
    return {
        "bottle": "blue_plastic_bottle",
        "orange": "orange",
        **cans,
        **{word: f"{prefix}{word}{suffix}" for word in ("apple", "sponge")},
    }


WORDS_V0 = _models("", "baked_")  # {word: model}; bottle and orange are not baked in either version, as published
WORDS_V1 = _models("_v2", "baked_")
WORDS_PLAIN = _models("", "")  # of variant aggregation
MODELS_V0, MODELS_V1 = tuple(WORDS_V0.values()), tuple(WORDS_V1.values())


@dataclass(frozen=True)
class NearLayout:
    """``words``: of the three objects; ``source``, ``target``: places in it."""

    words: tuple[str, ...]
    positions: tuple[tuple[float, float], ...]
    source: int
    target: int

    def without_distractor(self) -> NearLayout:
        kept = (self.source, self.target)
        return NearLayout(tuple(self.words[i] for i in kept), tuple(self.positions[i] for i in kept), 0, 1)


def layout(episode_id: int) -> NearLayout:
    triplet, rest = divmod(episode_id, len(POSITIONS) * len(ROLES))
    place, role = divmod(rest, len(ROLES))
    return NearLayout(TRIPLETS[triplet], POSITIONS[place], *ROLES[role])
