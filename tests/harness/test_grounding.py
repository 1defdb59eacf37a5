"""What a thought points at, by the masks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness.grounding import ground, iou, named_object
from harness.thought import Box, Point, Thought

OBJECTS = {
    "red cube": {"role": "source"},
    "blue plate": {"role": "target"},
    "green can": {"role": "distractor"},
    "pink can": {"role": "distractor"},
}


@pytest.fixture
def info() -> dict[str, Any]:
    labels = np.zeros((20, 30), np.int32)
    labels[4:8, 6:10] = 1
    labels[10:18, 12:28] = 2
    top = {"labels": labels, "names": {1: "red cube", 2: "blue plate", 3: "green can"}}
    return {"privileged": {"masks": {"top": top}, "objects": OBJECTS, "expert": {"subtask": "reach the red cube"}}}


def test_points_say_what_is_under_them_and_what_they_should_be_on(info: dict[str, Any]):
    points = (Point(7.9, 5.0, "source", "top"), Point(20, 12, "the red cube", ""), Point(1, 1, "green can", "top"))
    truth = ground(Thought(points=points), info)
    assert truth is not None
    assert truth["points"] == [
        {"object": "red cube", "expected": "red cube", "box": [6, 4, 10, 8]},
        {"object": "blue plate", "expected": "red cube", "box": [6, 4, 10, 8]},
        {"object": "", "expected": "green can", "box": None},  # out of sight
    ]


@pytest.mark.parametrize("x", [-1.0, 30.0, math.nan, math.inf])
def test_points_outside_the_image_are_on_nothing(info: dict[str, Any], x: float):
    truth = ground(Thought(points=(Point(x, 5.0, "cube", "top"),)), info)
    assert truth is not None
    assert truth["points"][0]["object"] == ""


def test_boxes_have_an_overlap(info: dict[str, Any]):
    boxes = (
        Box(6, 4, 10, 8, "source", "top"),
        Box(8, 4, 12, 8, "cube", "top"),
        Box(0, 0, 3, 3, "a cloud", "top"),
        Box(math.nan, 0, 3, 3, "cube", "top"),
    )
    truth = ground(Thought(boxes=boxes), info)
    assert truth is not None
    assert [box["object"] for box in truth["boxes"]] == ["red cube", "red cube", "", ""]
    assert [box["iou"] for box in truth["boxes"]] == [1.0, pytest.approx(8 / 24), None, None]


def test_the_experts_subtask_stands_beside_a_thought_that_names_one(info: dict[str, Any]):
    point = Point(7, 5, "source", "top")
    assert "expert_subtask" not in (ground(Thought(points=(point,)), info) or {})
    assert (ground(Thought(subtask="grasp", points=(point,)), info) or {})["expert_subtask"] == "reach the red cube"


def test_nothing_to_say(info: dict[str, Any]):
    assert ground(Thought(reasoning="hm"), info) is None
    assert ground(Thought(points=(Point(1, 1),)), {"privileged": {"objects": OBJECTS}}) is None
    elsewhere = ground(Thought(points=(Point(1, 1, "source", "wrist"),)), info)
    assert elsewhere == {"points": [{"object": "", "expected": "", "box": None}], "boxes": []}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("red cube", "red cube"),
        ("source", "red cube"),
        ("The_Cube", "red cube"),
        ("can", ""),
        ("distractor", ""),
        ("pink can", "pink can"),
        ("", ""),
    ],
)
def test_labels(label: str, name: str):
    assert named_object(label, OBJECTS, OBJECTS) == name


def test_overlap_of_boxes():
    assert iou((0, 0, 2, 2), [1, 1, 3, 3]) == pytest.approx(1 / 7)
    assert iou((0, 0, 1, 1), [2, 2, 3, 3]) == 0.0
    assert iou((3, 3, 1, 1), [2, 2, 2, 2]) == 0.0
