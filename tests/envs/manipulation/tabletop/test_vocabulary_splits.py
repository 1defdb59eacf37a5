"""Splits: held-out words never appear where only training words may, and every choice of split or thing is obeyed. No simulator."""

import pytest

from envs.manipulation.tabletop import vocabulary
from envs.manipulation.tabletop.layout import Layout, make_layout
from envs.manipulation.tabletop.options import SPLITS, EpisodeOptions
from envs.manipulation.tabletop.tasks import TASKS
from envs.manipulation.tabletop.vocabulary import HELDOUT_SEED_START
from harness.errors import ConfigError

SEEDS = range(40)
HELDOUT_SEEDS = range(HELDOUT_SEED_START, HELDOUT_SEED_START + 40)


def layout(task: str, seed: int, **options: object) -> Layout:
    kind = TASKS[task]
    return make_layout(kind, seed, EpisodeOptions.parse(kind, seed, options))


def words_of(episode: Layout) -> tuple[set[str], set[str]]:
    """(colours, shapes) of everything in the episode."""
    colours = {placed.colour for placed in episode.objects} | ({episode.cabinet.colour} if episode.cabinet else set())
    return colours, {placed.shape for placed in episode.objects}


@pytest.mark.parametrize("task", TASKS)
def test_no_heldout_word_in_training_episodes(task: str) -> None:
    heldout_shapes = {
        *vocabulary.PICKABLES["heldout"],
        *vocabulary.RECEPTACLES["heldout"],
        *vocabulary.STACKABLES["heldout"],
        *vocabulary.STACK_BASES["heldout"],
    }
    for seed in SEEDS:
        for options in ({}, {"split": "train"}):
            episode = layout(task, seed, **options)
            colours, shapes = words_of(episode)
            assert not colours & set(vocabulary.COLOURS["heldout"])
            assert not shapes & heldout_shapes
            assert episode.template in TASKS[task].templates["train"]


def test_vocabulary_parts_are_disjoint() -> None:
    assert not set(vocabulary.COLOURS["train"]) & set(vocabulary.COLOURS["heldout"])
    for pool in (vocabulary.PICKABLES, vocabulary.RECEPTACLES, vocabulary.STACKABLES, vocabulary.STACK_BASES, vocabulary.DROPPABLES):
        assert not set(pool["train"]) & set(pool["heldout"])
    for kind in TASKS.values():
        assert not set(kind.templates["train"]) & set(kind.templates["heldout"])


def test_each_part_is_held_out_on_its_own() -> None:
    for seed in HELDOUT_SEEDS:
        colours = layout("PutOn", seed, split="heldout_colours")
        named = {placed for placed in colours.objects if placed.role != "distractor"}
        assert {placed.colour for placed in named} <= set(vocabulary.COLOURS["heldout"])
        assert {placed.shape for placed in named} <= {*vocabulary.PICKABLES["train"], *vocabulary.RECEPTACLES["train"]}
        shapes = layout("PutOn", seed, split="heldout_shapes")
        named = {placed for placed in shapes.objects if placed.role != "distractor"}
        assert {placed.shape for placed in named} <= {*vocabulary.PICKABLES["heldout"], *vocabulary.RECEPTACLES["heldout"]}
        assert {placed.colour for placed in named} <= set(vocabulary.COLOURS["train"])
        assert layout("PutOn", seed, split="heldout_templates").template in TASKS["PutOn"].templates["heldout"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("split", SPLITS)
def test_instruction_is_unambiguous(task: str, split: str) -> None:
    for seed in SEEDS if split == "train" else HELDOUT_SEEDS:
        episode = layout(task, seed, split=split)
        names = [placed.name for placed in episode.objects]
        assert len(set(names)) == len(names)
        for name in (episode.source, episode.target, episode.drawer):
            assert name is None or name in episode.instruction
        assert 1 <= sum(placed.role == "distractor" for placed in episode.objects) <= 3


def test_layout_is_a_pure_function_of_seed_and_options() -> None:
    first = layout("PutOn", 7, n_distractors=2)
    layout("Stack", 8)
    assert layout("PutOn", 7, n_distractors=2) == first
    assert layout("PutOn", 8, n_distractors=2) != first


def test_direct_choices() -> None:
    for seed in SEEDS:
        episode = layout("PutOn", seed, source="pink spoon", target="cyan bowl", n_distractors=3)
        assert (episode.source, episode.target) == ("pink spoon", "cyan bowl")
        assert [placed.name for placed in episode.objects].count("pink spoon") == 1
        assert len(episode.objects) == 5
    assert layout("Pick", 0, n_distractors=0).objects[0].role == "source"
    cabinet = layout("PutInDrawer", 0, drawer="middle", drawer_start="closed").cabinet
    assert cabinet is not None
    assert cabinet.openings["middle"] == 0.0


def test_footprints_do_not_overlap() -> None:
    for task in TASKS:
        for seed in SEEDS:
            objects = layout(task, seed, n_distractors=3).objects
            for one in objects:
                for two in objects:
                    if one.name < two.name:
                        assert (one.x - two.x) ** 2 + (one.y - two.y) ** 2 > (one.footprint + two.footprint) ** 2


@pytest.mark.parametrize(
    ("task", "seed", "options", "hint"),
    [
        ("PutOn", 0, {"colors": "heldout"}, "colours"),
        ("PutOn", 0, {"split": "held_out_seeds"}, "heldout_seeds"),
        ("PutOn", 0, {"colours": "blue"}, "train"),
        ("PutOn", 0, {"n_distractors": 4}, "0 to 3"),
        ("PutOn", 0, {"n_distractors": "two"}, "0 to 3"),
        ("PutOn", 0, {"source": "cube"}, "red cube"),
        ("PutOn", 0, {"source": "rad cube"}, "red"),
        ("PutOn", 0, {"target": "red plaet"}, "plate"),
        ("Pick", 0, {"target": "red plate"}, "template"),
        ("MoveNear", 0, {"source": "red cube", "target": "red cube"}, "another colour"),
        ("OpenTopDrawer", 0, {"source": "red cube"}, "templates"),
        ("PutInDrawer", 0, {"drawer": "bottom"}, "top"),
        ("PutOn", 5, {"split": "heldout_seeds"}, str(HELDOUT_SEED_START)),
        ("PutOn", HELDOUT_SEED_START, {"split": "train"}, str(HELDOUT_SEED_START)),
    ],
)
def test_bad_options_say_what_to_change(task: str, seed: int, options: dict[str, object], hint: str) -> None:
    with pytest.raises(ConfigError) as error:
        EpisodeOptions.parse(TASKS[task], seed, options)
    assert hint in str(error.value)
