"""Thoughts as data."""

from __future__ import annotations

import json

from harness.thought import Box, Point, Thought, Trace, is_finite

FULL = Thought(
    reasoning="the cube is left of the bowl",
    subtask="grasp",
    points=(Point(1.5, 2.0, "cube", "top", 0.9), Point(3.0, 4.0)),
    boxes=(Box(1.0, 2.0, 3.0, 4.0, "bowl", "top"),),
    traces=(Trace(((0.0, 1.0), (2.0, 3.0)), "path", "top", 0.5),),
    confidence=0.75,
    seconds={"encode": 0.1, "act": 0.2},
)


def test_round_trip_through_json():
    assert Thought.from_json(json.loads(json.dumps(FULL.to_json()))) == FULL
    assert Thought.from_json(Thought().to_json()) == Thought()


def test_what_is_empty_is_left_out():
    assert Thought(subtask="grasp").to_json() == {"subtask": "grasp"}
    assert Thought(confidence=0.0).to_json() == {"confidence": 0.0}  # zero is not nothing


def test_wall_times_can_be_left_out():
    assert "seconds" not in FULL.to_json(seconds=False)
    assert FULL.to_json(seconds=False) == {k: v for k, v in FULL.to_json().items() if k != "seconds"}


def test_numbers_that_are_not_finite_are_kept_out_of_the_json() -> None:
    thought = Thought(subtask="reach", points=(Point(float("nan"), 2.0, "cup", "top"), Point(1.0, 2.0)))
    points = thought.to_json()["points"]
    assert points[0]["x"] is None
    assert points[1]["x"] == 1.0
    assert not is_finite(thought)
    assert not is_finite(thought.points[0])
    assert is_finite(thought.points[1])
