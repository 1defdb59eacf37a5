"""Generalisation beyond words: the clean layout of a seed, varied in background, places, pose, distractors, or how the sentence refers to the source.

Each variation draws from a generator of its own (task, seed, name of the variation), so that a clean layout never depends on them, nor one on another. See :mod:`envs.manipulation.tabletop.options` for what they mean.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.random import Generator, SeedSequence

from envs.manipulation.tabletop.backdrop import heldout_backdrop
from envs.manipulation.tabletop.options import EpisodeOptions
from envs.manipulation.tabletop.placing import HELDOUT_STRIPS, TABLE, Area, Layout, PlacedObject, crowding, find_spot, fits
from envs.manipulation.tabletop.tasks import TaskKind
from envs.manipulation.tabletop.vocabulary import NAMED_SIZES, SIZES, STANDING, words_in_play

Varied = tuple[list[PlacedObject], str]  # the objects, and the words for the source

# (rad from +x, low and high): seen from the robot, +y is left. In the picture of the third-person camera, which looks along (0.50, 0.86), left is towards (-0.86, 0.50): these directions are left in both.
_LEFT: Final = (np.radians(110.0), np.radians(160.0))
_NEXT_TO = 0.03  # m: what stands next to a thing has at most this much more room between than it needs
RIVAL_AWAY: Final = 0.14  # m between the footprints of the landmark and of the rival that is not next to it
_ATTEMPTS = 400


def vary(clean: Layout, kind: TaskKind, seed: int, options: EpisodeOptions) -> Layout:
    """``clean`` itself when no variation is asked for."""

    def chance(name: str) -> Generator:
        return np.random.Generator(np.random.PCG64(SeedSequence([seed, zlib.crc32(kind.name.encode()), zlib.crc32(name.encode())])))

    layout = clean
    if options.background == "heldout":
        layout = replace(layout, backdrop=heldout_backdrop(chance("background")))
    change: Callable[[Generator], Varied] | None = None
    name = ""
    if options.positions == "heldout":
        name, change = "positions", lambda rng: _elsewhere(rng, kind, clean)
    elif options.orientation == "heldout":
        name, change = "orientation", lambda rng: _lying_down(rng, kind, clean)
    elif options.lookalike:
        name, change = "lookalike", lambda rng: _look_alikes(rng, kind, clean, options)
    elif options.reference == "attribute":
        name, change = "attribute", lambda rng: _by_size(rng, kind, clean)
    elif options.reference == "relation":
        name, change = "relation", lambda rng: _by_relation(rng, kind, clean)
    if change is None:
        return layout
    objects, words = change(chance(name))
    source = next(placed.name for placed in objects if placed.role == "source")
    sentence = clean.template.format(source=words, target=clean.target or "", drawer=clean.drawer or "")
    return replace(layout, objects=tuple(objects), instruction=sentence, source=source)


def _elsewhere(rng: Generator, kind: TaskKind, clean: Layout) -> Varied:
    """Source and target in the held-out strips, distractors where they were."""
    objects = list(clean.objects)
    moved = [index for index, placed in enumerate(objects) if placed.role in ("source", "target")]
    return _placed_anew(rng, kind, objects, moved, HELDOUT_STRIPS), clean.source or ""


def _lying_down(rng: Generator, kind: TaskKind, clean: Layout) -> Varied:
    """A source that does not stand by itself becomes one that does; should all of that colour be there, a distractor takes its old shape."""
    objects = list(clean.objects)
    at = _source(objects)
    source, changed = objects[at], [at]
    shapes = [str(shape) for shape in rng.permutation(np.array(STANDING))]
    if source.shape not in STANDING:
        holders = {placed.name: index for index, placed in enumerate(objects)}
        free = [shape for shape in shapes if f"{source.colour} {shape}" not in holders]
        taken = [shape for shape in shapes if shape not in free and objects[holders[f"{source.colour} {shape}"]].role == "distractor"]
        shape = (free + taken)[0]
        name = f"{source.colour} {shape}"
        if not free:
            objects[holders[name]] = replace(objects[holders[name]], name=source.name, shape=source.shape)
            changed.append(holders[name])
        source = replace(source, shape=shape, name=name)
    objects[at] = replace(source, lying=True)
    return _refitted(rng, kind, objects, changed), source.name


def _look_alikes(rng: Generator, kind: TaskKind, clean: Layout, options: EpisodeOptions) -> Varied:
    """Of the two look-alikes, those that are missing take the places of other distractors."""
    objects = list(clean.objects)
    source = objects[_source(objects)]
    colours, shapes = words_in_play(options.colours, options.shapes)
    distractors = [index for index, placed in enumerate(objects) if placed.role == "distractor"]
    wanted = {
        "shape": [(colour, source.shape) for colour in colours if colour != source.colour],
        "colour": [(source.colour, shape) for shape in shapes if shape != source.shape],
    }
    found = {
        part: next((index for index in distractors if (objects[index].colour, objects[index].shape) in pool), None)
        for part, pool in wanted.items()
    }
    spare = [index for index in distractors if index not in found.values()]
    changed = []
    for part, pool in wanted.items():
        if found[part] is None:
            names = {placed.name for placed in objects}
            free = [thing for thing in pool if " ".join(thing) not in names]
            colour, shape = free[int(rng.integers(len(free)))]
            scale = float(rng.choice(np.array(SIZES)))
            made = replace(source, name=f"{colour} {shape}", colour=colour, shape=shape, scale=scale, role="distractor")
            changed.append(_put(objects, made, spare))
    return _refitted(rng, kind, objects, changed), source.name


def _by_size(rng: Generator, kind: TaskKind, clean: Layout) -> Varied:
    """Another thing of the source's colour and shape; one of the two is small, the other large."""
    objects = list(clean.objects)
    at = _source(objects)
    mine, other = (list(NAMED_SIZES) if rng.random() < 0.5 else list(NAMED_SIZES)[::-1])[:2]
    plain = objects[at]
    if kind.family == "put_in_basket" and plain.shape == "bottle":
        mine, other = "small", "large"  # a large one that stands in a basket sticks out of it too far to count as inside
    objects[at] = replace(plain, name=f"{mine} {plain.name}", scale=NAMED_SIZES[mine])
    rival = replace(plain, name=f"{other} {plain.name}", scale=NAMED_SIZES[other], role="distractor")
    rival_at = _put(objects, rival, [index for index, placed in enumerate(objects) if placed.role == "distractor"])
    return _refitted(rng, kind, objects, [at, rival_at]), objects[at].name


def _by_relation(rng: Generator, kind: TaskKind, clean: Layout) -> Varied:
    """Another thing of the source's name; the sentence says where the right one stands: left or right of, or next to, a distractor. Everything is placed anew."""
    objects = list(clean.objects)
    at = _source(objects)
    distractors = [index for index, placed in enumerate(objects) if placed.role == "distractor"]
    landmark_at = distractors[0]
    rival_at = _put(objects, replace(objects[at], name=f"other {objects[at].name}", role="distractor"), distractors[1:])
    relation = str(rng.choice(np.array(("left of", "right of", "next to"))))
    rest = sorted(
        (index for index in range(len(objects)) if index not in (at, landmark_at, rival_at)), key=lambda index: -objects[index].footprint
    )
    for attempt in range(_ATTEMPTS):
        tightness = crowding(attempt)
        landmark = find_spot(rng, kind, objects[landmark_at], [], tightness)
        assert landmark is not None  # nothing is in the way yet
        placed = {landmark_at: landmark}
        for index in (at, rival_at):
            placed[index] = _related(rng, objects[index], landmark, relation, index == at)
        pair = [placed[at], placed[rival_at]]
        if not all(_on_table(thing) for thing in pair) or not fits(kind, pair[0], [landmark, pair[1]], tightness):
            continue
        if not fits(kind, pair[1], [landmark], tightness):
            continue
        for index in rest:
            spot = find_spot(rng, kind, objects[index], list(placed.values()), tightness)
            if spot is None:
                break
            placed[index] = spot
        else:
            return [placed[index] for index in range(len(objects))], f"{objects[at].name} that is {relation} the {landmark.name}"
    raise AssertionError(f"{kind.name}: {len(objects)} objects do not fit on the table around the {objects[landmark_at].name}")


def _related(rng: Generator, thing: PlacedObject, landmark: PlacedObject, relation: str, right_one: bool) -> PlacedObject:
    """``thing`` where ``relation`` to the landmark holds (``right_one``) or clearly does not: on the other side, or farther off."""
    least = thing.footprint + landmark.footprint + (0.06 if thing.tall or landmark.tall else 0.035)
    if relation == "next to":
        angle = float(rng.uniform(-np.pi, np.pi))
        away = thing.footprint + landmark.footprint + RIVAL_AWAY
        distance = float(rng.uniform(least, least + _NEXT_TO) if right_one else rng.uniform(away, away + 0.15))
    else:
        angle = float(rng.uniform(*_LEFT)) + (0.0 if (relation == "left of") == right_one else np.pi)
        distance = float(rng.uniform(least, least + 0.06))
    x, y = landmark.x + distance * float(np.cos(angle)), landmark.y + distance * float(np.sin(angle))
    return replace(thing, x=x, y=y, yaw=float(rng.uniform(-np.pi, np.pi)))


def _on_table(thing: PlacedObject) -> bool:
    x_low, x_high, y_low, y_high = TABLE
    return x_low <= thing.x <= x_high and y_low <= thing.y <= y_high


def _source(objects: Sequence[PlacedObject]) -> int:
    return next(index for index, placed in enumerate(objects) if placed.role == "source")


def _put(objects: list[PlacedObject], made: PlacedObject, spare: list[int]) -> int:
    """``made`` in the place of the first of ``spare``, which it is taken from, or as one more thing where none is left. Returns its index."""
    if not spare:
        objects.append(made)
        return len(objects) - 1
    index = spare.pop(0)
    objects[index] = replace(made, x=objects[index].x, y=objects[index].y)
    return index


def _refitted(rng: Generator, kind: TaskKind, objects: list[PlacedObject], changed: Sequence[int]) -> list[PlacedObject]:
    """Those of ``changed`` that have too little room where they are find another place."""
    crowded: list[int] = []
    for index in changed:
        others = [placed for other, placed in enumerate(objects) if other != index and other not in crowded]
        if not fits(kind, objects[index], others):
            crowded.append(index)
    return _placed_anew(rng, kind, objects, crowded, (TABLE,))


def _placed_anew(
    rng: Generator, kind: TaskKind, objects: list[PlacedObject], moved: Sequence[int], areas: Sequence[Area]
) -> list[PlacedObject]:
    """``objects`` with those of the indices ``moved`` at free places in ``areas``: the largest first, closer together when that keeps failing."""
    order = sorted(moved, key=lambda index: -objects[index].footprint)
    for attempt in range(_ATTEMPTS):
        placed = {index: thing for index, thing in enumerate(objects) if index not in moved}
        for index in order:
            spot = find_spot(rng, kind, objects[index], list(placed.values()), crowding(attempt), areas)
            if spot is None:
                break
            placed[index] = spot
        else:
            return [placed[index] for index in range(len(objects))]
    raise AssertionError(f"{kind.name}: {len(objects)} objects do not fit on the table")
