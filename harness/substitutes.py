"""Scores made with substitutes: an environment that had to use other data than its original's names it in its facts, and every figure that counts such an episode carries a mark.

The fact is ``info["episode"]["substitutes"]``: a list of names, one for each file, model or scene of this episode that is not the original. An environment without it, or with an empty list, used none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

FACT = "substitutes"
MARK = "†"


def substitutes_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The names in an episode's facts, each once, in their order; none where the fact is no list."""
    given = facts.get(FACT)
    return tuple(dict.fromkeys(str(name) for name in given)) if isinstance(given, list | tuple) else ()


def count_substitutes(episodes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Of episodes' facts: ``episodes`` that used some, and ``names``: {name: episodes that used it}, sorted."""
    used = [names for facts in episodes if (names := substitutes_of(facts))]
    counts = Counter(name for names in used for name in names)
    return {"episodes": len(used), "names": dict(sorted(counts.items()))}


def mark(counted: Mapping[str, Any] | None) -> str:
    """What stands behind a figure: the mark where some of its episodes used a substitute. ``counted``: of :func:`count_substitutes`; None: not known, as in summaries of before."""
    return f" {MARK}" if counted and counted["episodes"] else ""


def footnote(counted: Mapping[str, Any] | None, of: int) -> str | None:
    """What the mark means, in one line; None where nothing is marked. ``of``: episodes in all."""
    if not counted or not counted["episodes"]:
        return None
    names = ", ".join(f"{name} ({episodes})" for name, episodes in counted["names"].items())
    return f"{MARK} scores made with substitutes for original data in {counted['episodes']} of {of} episodes: {names}"
