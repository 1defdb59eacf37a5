"""Training sentences: many, and never the held-out ones."""

from __future__ import annotations

import numpy as np
import pytest

from agents.training.tabletop_words import _TEMPLATES, all_texts, family_sentence
from agents.vla.vocabulary import Vocabulary, split_words
from envs.manipulation.tabletop.tasks import TASKS
from envs.manipulation.tabletop.vocabulary import COLOURS, PICKABLES, RECEPTACLES

KINDS = sorted(TASKS.values(), key=lambda kind: kind.name)


def _plain(template: str) -> str:
    return " ".join(template.replace("{drawer} drawer", "{source}").replace("{target}", "{source}").lower().split())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_training_template_is_a_held_out_one(kind):
    heldout = {_plain(text) for text in kind.templates["heldout"]}
    assert not heldout & {_plain(text) for text in _TEMPLATES[kind.family]}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_suites_own_training_templates_are_among_them(kind):
    assert {_plain(text) for text in kind.templates["train"]} <= {_plain(text) for text in _TEMPLATES[kind.family]}


def test_held_out_names_are_not_in_the_vocabulary():
    words = {word for text in all_texts() for word in split_words(text)}
    unseen = {*COLOURS["heldout"], *PICKABLES["heldout"], *RECEPTACLES["heldout"], "block", "blocks"}
    assert not words & unseen


def test_every_sentence_is_in_the_vocabulary():
    vocabulary = Vocabulary(word for text in all_texts() for word in split_words(text))
    rng = np.random.default_rng(0)
    for _ in range(300):
        for family in _TEMPLATES:
            source = "top drawer" if family.endswith("_drawer") and family != "put_in_drawer" else "purple carrot"
            target = "middle drawer" if family == "put_in_drawer" else "yellow cloth"
            assert vocabulary.encode(family_sentence(family, source, target, rng), 28)[1] == []
