"""Reset options: which split of the vocabulary an episode draws from, and direct choices.

=================  ==============================================================================================================
``split``          a name of :data:`SPLITS`; sets the three below at once, and holds the seed to the split's range of seeds
``colours``        "train" (default) or "heldout": colours of what the instruction names
``shapes``         "train" (default) or "heldout": shapes of the same
``templates``      "train" (default) or "heldout": sentences
``n_distractors``  0 to 3; drawn from 1 to 3 when absent
``source``         the thing to act on, as "red cube"; drawn when absent
``target``         the thing to put it on, in or near, as "blue plate"; drawn when absent
``drawer``         PutInDrawer: "top" or "middle"; drawn when absent
``drawer_start``   PutInDrawer: "open" (default) or "closed", where opening it is part of the task
``background``     "default" or "heldout": table, floor, walls and light drawn by the seed from colours that training never shows
``positions``      "train" (default) or "heldout": source and target stand in strips of the table that training never uses
``orientation``    "train" (default) or "heldout": the source lies on its side. A source that has no other pose (only cans and bottles
                   stand by themselves; every yaw is in training) becomes a can or bottle of its colour
``lookalike``      true: one distractor has the source's shape in another colour, one its colour in another shape
``reference``      "name" (default: "red cube"), "attribute" ("small red cube", beside a large one) or "relation" ("red cube that is
                   left of the green can", another one being right of it). Left and right hold for the robot and in the picture
=================  ==============================================================================================================

The last five make an episode of its *clean twin*, the episode of the same seed without them: their chance comes from generators of their own, so that whatever they do not concern stays as it is in the twin. What they add takes
the place of distractors while there are any, so that the number of things is the twin's wherever it can be. All tasks have ``background``; those without a cabinet the others, but Stack no ``orientation`` (a lying can does not
stay on a cube). At most one of ``positions``, ``orientation``, ``lookalike`` and ``reference`` at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, cast

from envs.manipulation.tabletop.tasks import TaskKind
from envs.manipulation.tabletop.vocabulary import HELDOUT_SEED_START, Part, all_colours
from harness.errors import ConfigError, did_you_mean

# {split: the parts that are held out in it}. Every split but "train" runs on held-out seeds.
SPLITS: Final[dict[str, tuple[str, ...]]] = {
    "train": (),
    "heldout_seeds": (),
    "heldout_colours": ("colours",),
    "heldout_shapes": ("shapes",),
    "heldout_templates": ("templates",),
    "heldout_all": ("colours", "shapes", "templates"),
}
MAX_DISTRACTORS: Final = 3
_PARTS = ("colours", "shapes", "templates")
# {option: its values, the default first}
_VARIATIONS: Final[dict[str, tuple[Any, ...]]] = {
    "background": ("default", "heldout"),
    "positions": ("train", "heldout"),
    "orientation": ("train", "heldout"),
    "lookalike": (False, True),
    "reference": ("name", "attribute", "relation"),
}


@dataclass(frozen=True)
class EpisodeOptions:
    """Parsed options. ``source`` and ``target`` are (colour, shape) or None."""

    split: str | None = None
    colours: Part = "train"
    shapes: Part = "train"
    templates: Part = "train"
    n_distractors: int | None = None
    source: tuple[str, str] | None = None
    target: tuple[str, str] | None = None
    drawer: str | None = None
    drawer_start: str = "open"
    background: str = "default"
    positions: str = "train"
    orientation: str = "train"
    lookalike: bool = False
    reference: str = "name"

    @property
    def variations(self) -> dict[str, Any]:
        """{option: value} of those that make the episode differ from its clean twin."""
        return {name: getattr(self, name) for name, values in _VARIATIONS.items() if getattr(self, name) != values[0]}

    @classmethod
    def parse(cls, kind: TaskKind, seed: int, options: dict[str, Any]) -> EpisodeOptions:
        """Checks every name and value; raises :class:`harness.errors.ConfigError` with a hint."""
        known = _known_options(kind)
        for name in options:
            if name not in known:
                raise ConfigError(f"{kind.name}: unknown reset option {name!r}", did_you_mean(str(name), known))
        parsed = cls()
        if options.get("split") is not None:
            split = _choice(kind, "split", options["split"], tuple(SPLITS))
            _check_seed(kind, split, seed)
            parsed = replace(parsed, split=split, **{part: "heldout" for part in SPLITS[split]})
        for part in _PARTS:
            if options.get(part) is not None:
                parsed = replace(parsed, **{part: cast(Part, _choice(kind, part, options[part], ("train", "heldout")))})
        if options.get("n_distractors") is not None:
            parsed = replace(parsed, n_distractors=_count(kind, options["n_distractors"]))
        for role, pool in (("source", kind.sources), ("target", kind.targets)):
            if options.get(role) is not None:
                parsed = replace(parsed, **{role: _thing(kind, role, options[role], (*pool["train"], *pool["heldout"]))})
        if options.get("drawer") is not None:
            parsed = replace(parsed, drawer=_choice(kind, "drawer", options["drawer"], ("top", "middle")))
        if options.get("drawer_start") is not None:
            parsed = replace(parsed, drawer_start=_choice(kind, "drawer_start", options["drawer_start"], ("open", "closed")))
        for name in set(known) & set(_VARIATIONS):
            if options.get(name) is not None:
                parsed = replace(parsed, **{name: _variation(kind, name, options[name])})
        _check_variations(kind, parsed)
        if parsed.source is not None and parsed.source == parsed.target:
            raise ConfigError(
                f"{kind.name}: source and target are both {' '.join(parsed.source)!r}", "choose another colour for one of them"
            )
        return parsed


def _known_options(kind: TaskKind) -> list[str]:
    known = ["split", *_PARTS, "n_distractors"]
    known += ["source"] if kind.sources["train"] else []
    known += ["target"] if kind.targets["train"] else []
    known += ["drawer", "drawer_start"] if kind.family == "put_in_drawer" else []
    known += ["background"]
    known += ["positions", "lookalike", "reference"] if not kind.has_cabinet else []
    known += ["orientation"] if not kind.has_cabinet and kind.family != "stack" else []
    return known


def _variation(kind: TaskKind, name: str, value: Any) -> Any:
    if name != "lookalike":
        return _choice(kind, name, value, _VARIATIONS[name])
    if not isinstance(value, bool):
        raise ConfigError(f"{kind.name}: option lookalike={value!r}", "give true or false")
    return value


def _check_variations(kind: TaskKind, parsed: EpisodeOptions) -> None:
    placed = [name for name in parsed.variations if name != "background"]
    if len(placed) > 1:
        raise ConfigError(f"{kind.name}: options {' and '.join(placed)} both decide what stands where", "give one of them")
    if parsed.reference == "relation" and parsed.n_distractors == 0:
        raise ConfigError(f"{kind.name}: option reference='relation' needs a thing to relate to", "give n_distractors of at least 1")


def _choice(kind: TaskKind, option: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ConfigError(f"{kind.name}: option {option}={value!r} is not one of {', '.join(allowed)}", did_you_mean(str(value), allowed))
    return str(value)


def _count(kind: TaskKind, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_DISTRACTORS:
        raise ConfigError(f"{kind.name}: option n_distractors={value!r}", f"give a whole number from 0 to {MAX_DISTRACTORS}")
    return value


def _thing(kind: TaskKind, role: str, value: Any, shapes: tuple[str, ...]) -> tuple[str, str]:
    words = value.split() if isinstance(value, str) else []
    if len(words) != 2:
        raise ConfigError(f"{kind.name}: option {role}={value!r} is not a colour and a shape", f'write it as "red {shapes[0]}"')
    colour, shape = words
    if colour not in all_colours():
        raise ConfigError(f"{kind.name}: option {role}={value!r} has an unknown colour", did_you_mean(colour, all_colours()))
    if shape not in shapes:
        raise ConfigError(f"{kind.name}: a {shape!r} cannot be the {role}", did_you_mean(shape, shapes))
    return colour, shape


def _check_seed(kind: TaskKind, split: str, seed: int) -> None:
    heldout = seed >= HELDOUT_SEED_START
    if split == "train" and heldout:
        raise ConfigError(f"{kind.name}: seed {seed} is held out, but split is 'train'", f"use a seed below {HELDOUT_SEED_START}")
    if split != "train" and not heldout:
        raise ConfigError(
            f"{kind.name}: seed {seed} is a training seed, but split is {split!r}", f"use a seed of at least {HELDOUT_SEED_START}"
        )
