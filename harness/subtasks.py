"""What a subtask's words mean: which kind of action, of which things."""

from __future__ import annotations

_VERBS = {
    "reach": ("reach", "approach", "go to", "go down", "move to", "move above"),
    "grasp": ("grasp", "grip", "pick", "close"),
    "lift": ("lift",),
    "carry": ("carry", "move", "bring", "transport"),
    "place": ("place", "put", "lower"),
    "release": ("let go", "release", "drop"),
    "open": ("open", "pull"),
    "shut": ("shut", "push"),
}
_PHASE = {"lift": "carry", "release": "place"}
_FILLERS = frozenset(
    [
        "the",
        "a",
        "an",
        "to",
        "of",
        "over",
        "on",
        "it",
        "in",
        "near",
        "into",
        "again",
        "try",
        "away",
        "done",
        "go",
        "up",
        "down",
        "above",
        "onto",
        "from",
        "with",
    ]
).union(word for verbs in _VERBS.values() for phrase in verbs for word in phrase.split())


def verb(text: str) -> str:
    """The kind of action that comes first in ``text``: reach, grasp, lift, carry, place, release, open, shut; "" if none does."""
    low = text.lower()
    found = [(low.find(word), -len(word), name) for name, words in _VERBS.items() for word in words if word in low]
    return min(found)[2] if found else ""  # "move to" rather than "move"


def same_plan(said: str, expert: str) -> bool:
    """Whether two subtasks mean the same: the same phase (lifting is part of carrying, letting go of placing), and the same thing: one may name it more fully than the other ("the cube", "the red cube"), but not otherwise ("the green cube")."""
    one, two = (_PHASE.get(kind, kind) for kind in (verb(said), verb(expert)))
    mine, wanted = _words(said) - _FILLERS, _words(expert) - _FILLERS
    same_thing = not wanted or bool(mine and (mine <= wanted or wanted <= mine))
    return (one == two or not one or not two) and same_thing


def _words(text: str) -> set[str]:
    return set(text.lower().replace(",", " ").replace(".", " ").replace("_", " ").split())
