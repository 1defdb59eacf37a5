"""What stands where in an episode: a pure function of (task, seed, options).

World frame: z up, origin on the table top, the robot's base at x = -0.615 m looking along +x.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.random import Generator, SeedSequence

from envs.manipulation.tabletop import vocabulary
from envs.manipulation.tabletop.options import MAX_DISTRACTORS, EpisodeOptions
from envs.manipulation.tabletop.placing import (
    BEFORE_CABINET,
    BESIDE_CABINET,
    TABLE,
    Layout,
    PlacedCabinet,
    PlacedObject,
    crowding,
    find_spot,
)
from envs.manipulation.tabletop.tasks import DRAWERS, TaskKind
from envs.manipulation.tabletop.variations import vary
from envs.manipulation.tabletop.vocabulary import UNSCALED, words_in_play

BASE_X = -0.615  # m


def episode_generator(kind: TaskKind, seed: int) -> Generator:
    """The one source of chance of a layout before :mod:`variations`; tasks with the same seed differ."""
    return np.random.Generator(np.random.PCG64(SeedSequence([seed, zlib.crc32(kind.name.encode())])))


def make_layout(kind: TaskKind, seed: int, options: EpisodeOptions) -> Layout:
    """The episode's layout; one with a held-out background, place, pose or reference is its clean twin (same seed) varied."""
    return vary(_clean_layout(kind, seed, options), kind, seed, options)


def _clean_layout(kind: TaskKind, seed: int, options: EpisodeOptions) -> Layout:
    rng = episode_generator(kind, seed)
    template = str(rng.choice(np.array(kind.templates[options.templates])))
    count = int(rng.integers(1, MAX_DISTRACTORS + 1))
    if options.n_distractors is not None:
        count = options.n_distractors
    drawer = kind.drawer
    if kind.family == "put_in_drawer":
        drawn = str(rng.choice(np.array(["top", "middle"])))
        drawer = options.drawer or drawn

    things: list[tuple[str, str, str]] = []  # (role, colour, shape)
    chosen = {"source": options.source, "target": options.target}
    for role, pool in (("source", kind.sources), ("target", kind.targets)):
        if not pool["train"]:
            continue
        colour, shape = _draw(rng, tuple(vocabulary.COLOURS[options.colours]), pool[options.shapes], things, taken=list(chosen.values()))
        things.append((role, *(chosen[role] or (colour, shape))))
    things += _draw_distractors(rng, options, things, count)

    cabinet = _place_cabinet(rng, kind, options, drawer) if kind.has_cabinet else None
    objects = _place(rng, kind, things, drawer is not None)
    names = {placed.role: placed.name for placed in objects if placed.role != "distractor"}
    words = {"source": names.get("source", ""), "target": names.get("target", ""), "drawer": drawer or ""}
    return Layout(
        objects=objects,
        instruction=template.format(**words),
        template=template,
        source=names.get("source"),
        target=names.get("target"),
        drawer=drawer,
        cabinet=cabinet,
    )


def _draw(
    rng: Generator,
    colours: tuple[str, ...],
    shapes: tuple[str, ...],
    things: list[tuple[str, str, str]],
    taken: list[tuple[str, str] | None],
) -> tuple[str, str]:
    """A (colour, shape) that no other thing of the scene has. The target never shares the source's colour, so that one cannot pass for the other."""
    used = {(colour, shape) for _, colour, shape in things} | {thing for thing in taken if thing is not None}
    used_colours = {colour for role, colour, _ in things if role == "source"}
    free = [(colour, shape) for colour in colours for shape in shapes if (colour, shape) not in used]
    apart = [thing for thing in free if thing[0] not in used_colours]
    pool = apart or free
    return pool[int(rng.integers(len(pool)))]


def _draw_distractors(
    rng: Generator, options: EpisodeOptions, things: list[tuple[str, str, str]], count: int
) -> list[tuple[str, str, str]]:
    """Distractors differ from each named thing in colour or shape; half of them share one of the two with the source (hard negatives)."""
    colours, shapes = words_in_play(options.colours, options.shapes)
    drawn: list[tuple[str, str, str]] = []
    for _ in range(count):
        used = {(colour, shape) for _, colour, shape in (*things, *drawn)}
        free = [(colour, shape) for colour in colours for shape in shapes if (colour, shape) not in used]
        if things and rng.random() < 0.5:
            _, colour, shape = things[0]
            alike = [thing for thing in free if thing[0] == colour or thing[1] == shape]
            free = alike or free
        drawn.append(("distractor", *free[int(rng.integers(len(free)))]))
    return drawn


def _place_cabinet(rng: Generator, kind: TaskKind, options: EpisodeOptions, drawer: str | None) -> PlacedCabinet:
    colour = str(rng.choice(np.array(tuple(vocabulary.COLOURS[options.colours]))))
    x, y = float(rng.uniform(0.21, 0.24)), float(rng.uniform(-0.05, 0.05))
    wide = float(rng.uniform(0.18, 0.20))
    openings: dict[str, float] = dict.fromkeys(DRAWERS, 0.0)
    if drawer is not None and (kind.family == "close_drawer" or (kind.family == "put_in_drawer" and options.drawer_start == "open")):
        openings[drawer] = wide
    return PlacedCabinet(colour, x, y, openings)


def _place(rng: Generator, kind: TaskKind, things: list[tuple[str, str, str]], cabinet: bool) -> tuple[PlacedObject, ...]:
    """Positions without overlap: the largest first, all again when the last ones find no room, and closer together when that keeps failing."""
    sized: list[PlacedObject] = []
    for role, colour, shape in things:
        scale = float(rng.choice(np.array(vocabulary.SIZES))) if shape not in UNSCALED else 1.0
        sized.append(PlacedObject(f"{colour} {shape}", shape, colour, scale, role, 0.0, 0.0, 0.0))
    order = sorted(range(len(sized)), key=lambda index: -sized[index].footprint)
    for attempt in range(400):
        placed: dict[int, PlacedObject] = {}
        for index in order:
            areas = (TABLE,)
            if cabinet:
                areas = (BEFORE_CABINET,) if sized[index].role == "source" else BESIDE_CABINET
            spot = find_spot(rng, kind, sized[index], list(placed.values()), crowding(attempt), areas)
            if spot is None:
                break
            placed[index] = spot
        else:
            return tuple(placed[index] for index in range(len(sized)))
    raise AssertionError(f"{kind.name}: {len(things)} objects do not fit on the table")
