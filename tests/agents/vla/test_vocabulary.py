"""Sentences and boxes as tokens, and back."""

from __future__ import annotations

import numpy as np
import pytest

from agents.vla.vocabulary import LOCATIONS, Vocabulary, subtask_kind

WORDS = Vocabulary(["grasp", "the", "red", "cube", "plate"])


def test_text_and_boxes_survive():
    box = (0.1, 0.25, 0.5, 0.75)
    text, boxes = WORDS.decode(WORDS.sequence("Grasp the red cube.", [box, (np.nan,) * 4]))
    assert text == "grasp the red cube"
    assert boxes[1] is None
    assert boxes[0] is not None
    np.testing.assert_allclose(boxes[0], box, atol=1 / LOCATIONS)


def test_unknown_words_are_told_and_long_texts_cut():
    ids, unknown = WORDS.encode("grasp the mauve cube", 6)
    assert unknown == ["mauve"]
    assert ids[2] == WORDS.unknown
    assert ids[4:] == [WORDS.pad] * 2
    assert len(WORDS.encode("cube " * 500, 6)[0]) == 6
    assert WORDS.encode("", 3) == ([WORDS.pad] * 3, [])


def test_locations_before_a_box_say_nothing():
    assert WORDS.decode([7, 8, WORDS.end, 9]) == ("", [])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("grasp the red cube", "grasp"),
        ("place it over the blue plate", "place it over"),
        ("reach the handle of the top drawer", "reach handle"),
        ("reach the top drawer", "reach drawer"),
        ("pull the top drawer open", "pull"),
        ("done", "done"),
    ],
)
def test_kinds_of_subtask(text: str, kind: str):
    assert subtask_kind(text) == kind
