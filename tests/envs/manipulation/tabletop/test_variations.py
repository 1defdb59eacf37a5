"""Held-out background, places, pose, look-alikes and references: pure, apart from training, unambiguous, and the default as it ever was. No simulator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from envs.manipulation.tabletop import vocabulary
from envs.manipulation.tabletop.backdrop import DEFAULT, heldout_backdrop
from envs.manipulation.tabletop.layout import BASE_X, Layout, PlacedObject, make_layout
from envs.manipulation.tabletop.options import EpisodeOptions
from envs.manipulation.tabletop.placing import BEFORE_CABINET, BESIDE_CABINET, HELDOUT_STRIPS, TABLE
from envs.manipulation.tabletop.tasks import TASKS
from envs.manipulation.tabletop.variations import RIVAL_AWAY
from harness.config import load_suite
from harness.errors import ConfigError

SEEDS = (*range(40), *range(1_000_000, 1_000_040))
ON_TABLE = ("PutOn", "Stack", "PutInBasket", "Pick", "MoveNear")
CAMERA, LOOKED_AT, FOV = np.array([-0.42, -0.78, 0.64]), np.array([0.035, 0.0, 0.10]), 0.82  # as in scene.py
VARIATIONS: tuple[dict[str, Any], ...] = (
    {"background": "heldout"},
    {"positions": "heldout"},
    {"orientation": "heldout"},
    {"lookalike": True},
    {"reference": "attribute"},
    {"reference": "relation"},
)
# SHA-256 of the layouts of 20 training and 20 held-out seeds of all tasks, computed before there were variations
BEFORE = "3fec4e693ffaec587d2c57a53dd4722c5e25d30b39b317a816971ed867c9a558"


def layout(task: str, seed: int, **options: Any) -> Layout:
    kind = TASKS[task]
    return make_layout(kind, seed, EpisodeOptions.parse(kind, seed, options))


def all_layouts(tasks: tuple[str, ...] = ON_TABLE, **options: Any) -> Iterator[tuple[Layout, Layout]]:
    """(clean, varied)."""
    for task in tasks:
        for seed in SEEDS:
            yield layout(task, seed), layout(task, seed, **options)


def named(episode: Layout, role: str) -> list[PlacedObject]:
    return [placed for placed in episode.objects if placed.role == role]


def described(episode: Layout) -> str:
    things = [(p.name, p.shape, p.colour, p.scale, p.role, p.x.hex(), p.y.hex(), p.yaw.hex()) for p in episode.objects]
    c = episode.cabinet
    cabinet = None if c is None else (c.colour, c.x.hex(), c.y.hex(), sorted((name, opening.hex()) for name, opening in c.openings.items()))
    return repr((things, cabinet, episode.instruction, episode.template, episode.source, episode.target, episode.drawer))


def column(x: float, y: float) -> float:
    """0 at the left edge of the third-person picture, 1 at the right one, of a point on the table."""
    return picture(x, y)[0]


def picture(x: float, y: float) -> tuple[float, float]:
    forward = (LOOKED_AT - CAMERA) / np.linalg.norm(LOOKED_AT - CAMERA)
    left = np.cross([0.0, 0.0, 1.0], forward)
    left /= np.linalg.norm(left)
    ray = np.array([x, y, 0.02]) - CAMERA
    scale = 2 * np.tan(FOV / 2) * (ray @ forward)
    return float(0.5 - ray @ left / scale), float(0.5 - ray @ np.cross(forward, left) / scale)


def test_default_layouts_are_what_they_were_before() -> None:
    digest = hashlib.sha256()
    for task in TASKS:
        for seed in (*range(20), *range(1_000_000, 1_000_020)):
            for options in ({}, {"split": "train" if seed < 1_000_000 else "heldout_all"}, {"n_distractors": 3}):
                episode = layout(task, seed, **options)
                assert episode.backdrop == DEFAULT
                assert not any(placed.lying for placed in episode.objects)
                digest.update(described(episode).encode())
    assert digest.hexdigest() == BEFORE


@pytest.mark.parametrize("options", VARIATIONS, ids=str)
def test_variations_are_pure_and_leave_no_overlap(options: dict[str, Any]) -> None:
    tasks = tuple(task for task in ON_TABLE if task != "Stack" or "orientation" not in options)
    for clean, varied in all_layouts(tasks, **options):
        assert varied != clean or "lookalike" in options  # a twin may have both look-alikes by chance
        assert varied.template == clean.template
        assert varied.target == clean.target
        assert (varied.source or "") in [placed.name for placed in varied.objects]
        names = [placed.name for placed in varied.objects]
        assert len(set(names)) == len(names)
        assert len(clean.objects) <= len(varied.objects) <= len(clean.objects) + 1
        for one in varied.objects:
            for two in varied.objects:
                if one.name < two.name:
                    assert np.hypot(one.x - two.x, one.y - two.y) > one.footprint + two.footprint
    for task in tasks:
        assert layout(task, 7, **options) == layout(task, 7, **options)
        assert layout(task, 8, **options) != layout(task, 7, **options)


def test_background_changes_nothing_else_and_is_far_from_training() -> None:
    for task in TASKS:
        clean, varied = layout(task, 3), layout(task, 3, background="heldout")
        assert replace(varied, backdrop=DEFAULT) == clean
    with_places = layout("PutOn", 3, background="heldout", positions="heldout")
    assert replace(with_places, backdrop=DEFAULT) == layout("PutOn", 3, positions="heldout")
    for seed in range(300):
        drawn = heldout_backdrop(np.random.default_rng(seed))
        assert np.abs(np.subtract(drawn.table, DEFAULT.table)).max() > 0.1
        assert drawn.table[2] > drawn.table[0] or drawn.table[1] > drawn.table[0]  # wood is redder than green and blue
        assert drawn.walls[0] > drawn.walls[2] + 0.05  # training's are bluish
        assert abs(drawn.key_light[1] / DEFAULT.key_light[1] - 1) >= 0.099
        for rgb in (drawn.table, drawn.floor, drawn.walls):
            assert all(0.0 <= value <= 1.0 for value in rgb)


def test_heldout_strips_are_disjoint_from_training_reached_and_seen() -> None:
    for x_low, x_high, y_low, y_high in HELDOUT_STRIPS:
        for area in (TABLE, BEFORE_CABINET, *BESIDE_CABINET):
            assert x_high < area[0] or x_low > area[1] or y_high < area[2] or y_low > area[3]
        for x in (x_low, x_high):
            for y in (y_low, y_high):
                assert np.hypot(x - BASE_X, y) < 0.74
                assert all(0.05 < part < 0.95 for part in picture(x, y))
    for clean, varied in all_layouts(positions="heldout"):
        for placed in (*named(varied, "source"), *named(varied, "target")):
            assert any(low <= placed.x <= high and left <= placed.y <= right for low, high, left, right in HELDOUT_STRIPS)
        assert named(varied, "distractor") == named(clean, "distractor")
        assert varied.instruction == clean.instruction
        for placed in clean.objects:
            assert abs(placed.y) < 0.32


def test_orientation_lays_the_source_down() -> None:
    kept = 0
    for clean, varied in all_layouts(("PutOn", "PutInBasket", "Pick", "MoveNear"), orientation="heldout"):
        (before,), (source,) = named(clean, "source"), named(varied, "source")
        assert source.lying
        assert source.shape in vocabulary.STANDING
        assert source.colour == before.colour
        assert [placed.name for placed in varied.objects if placed.lying] == [varied.source]
        assert str(varied.source) in varied.instruction
        if before.shape in vocabulary.STANDING:
            kept += 1
            assert (varied.source, varied.instruction) == (clean.source, clean.instruction)
    assert kept > 50
    crowded = {"source": "red cube", "n_distractors": 3}  # all cans and bottles of the colour may be there already
    for seed in range(300):
        names = [placed.name for placed in layout("Pick", seed, orientation="heldout", **crowded).objects]
        assert len(set(names)) == 4


def test_lookalikes_share_shape_and_colour_with_the_source() -> None:
    missing = 0
    for task, split in (*((task, None) for task in ON_TABLE), ("PutOn", "heldout_all")):
        for seed in SEEDS if split is None else SEEDS[40:]:
            clean, varied = layout(task, seed, split=split), layout(task, seed, split=split, lookalike=True)
            source, distractors = named(varied, "source")[0], named(varied, "distractor")
            assert any(thing.shape == source.shape and thing.colour != source.colour for thing in distractors)
            assert any(thing.colour == source.colour and thing.shape != source.shape for thing in distractors)
            assert (varied.source, varied.instruction) == (clean.source, clean.instruction)
            assert len(distractors) == max(2, len(named(clean, "distractor")))
            missing += clean.objects != varied.objects
    assert missing > 100  # clean episodes seldom have both


def test_attribute_tells_apart_two_things_by_size_alone() -> None:
    sizes: set[str] = set()
    for _, varied in all_layouts(reference="attribute"):
        (source,) = named(varied, "source")
        rivals = [p for p in varied.objects if p is not source and (p.colour, p.shape) == (source.colour, source.shape)]
        assert len(rivals) == 1
        size, plain = source.name.split(" ", 1)
        other, same = rivals[0].name.split(" ", 1)
        assert plain == same == f"{source.colour} {source.shape}"
        assert {size, other} == {"small", "large"}
        assert (source.scale < rivals[0].scale) == (size == "small")
        assert source.name in varied.instruction
        assert rivals[0].name not in varied.instruction
        assert rivals[0].role == "distractor"
        sizes.add(size)
    assert sizes == {"small", "large"}


def test_relation_holds_for_the_source_alone() -> None:
    relations: set[str] = set()
    for _, varied in all_layouts(reference="relation"):
        (source,) = named(varied, "source")
        (rival,) = [
            p for p in varied.objects if p is not source and (p.colour, p.shape, p.scale) == (source.colour, source.shape, source.scale)
        ]
        assert rival.name == f"other {source.name}"
        relation = next(words for words in ("left of", "right of", "next to") if f"{source.name} that is {words} the" in varied.instruction)
        after = varied.instruction.split(f"that is {relation} the ")[1]
        (landmark,) = [p for p in varied.objects if after.startswith(p.name)]
        assert landmark.role == "distractor"
        relations.add(relation)
        if relation == "next to":
            gaps = [np.hypot(p.x - landmark.x, p.y - landmark.y) - p.footprint - landmark.footprint for p in (source, rival)]
            assert gaps[0] < 0.091
            assert gaps[1] > RIVAL_AWAY - 1e-9
            continue
        sign = 1.0 if relation == "left of" else -1.0
        assert sign * (source.y - landmark.y) > 0.02  # for the robot, which looks along +x
        assert sign * (rival.y - landmark.y) < -0.02
        assert sign * (column(source.x, source.y) - column(landmark.x, landmark.y)) < -0.02  # and in the picture
        assert sign * (column(rival.x, rival.y) - column(landmark.x, landmark.y)) > 0.02
    assert len(relations) == 3


@pytest.mark.parametrize(
    ("task", "options", "hint"),
    [
        ("PutOn", {"background": "held"}, "heldout"),
        ("PutOn", {"reference": "atribute"}, "attribute"),
        ("PutOn", {"lookalike": "yes"}, "true or false"),
        ("Stack", {"orientation": "heldout"}, "unknown reset option"),
        ("OpenTopDrawer", {"positions": "heldout"}, "unknown reset option"),
        ("PutOn", {"positions": "heldout", "reference": "relation"}, "give one of them"),
        ("Pick", {"reference": "relation", "n_distractors": 0}, "at least 1"),
    ],
)
def test_bad_variations_say_what_to_change(task: str, options: dict[str, Any], hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        EpisodeOptions.parse(TASKS[task], 0, options)


def test_every_episode_of_the_suite_has_a_clean_twin_that_differs_in_its_axis_alone() -> None:
    scenarios = load_suite("tabletop/generalisation").scenarios
    clean = {(s.env, s.seed) for s in scenarios if s.tags["split"] == "clean"}
    counts: dict[tuple[str, str], int] = {}
    for scenario in scenarios:
        assert (scenario.env, scenario.seed) in clean
        assert scenario.seed >= vocabulary.HELDOUT_SEED_START
        task, split = scenario.env.split("/")[1].removesuffix("-v0"), str(scenario.tags["split"])
        counts[task, split] = counts.get((task, split), 0) + 1
        varied = layout(task, scenario.seed, **scenario.options)
        assert set(scenario.options) - {"split"} == set(EpisodeOptions.parse(TASKS[task], scenario.seed, scenario.options).variations)
        if split == "orientation":
            assert varied.instruction == layout(task, scenario.seed).instruction
    axes = ("lookalike", "background", "positions", "orientation", "attribute", "relation")
    assert counts == {(task, split): 20 if split == "clean" else 10 for task in ("PutOn", "Pick") for split in ("clean", *axes)}
