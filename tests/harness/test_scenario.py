"""A scenario's id: stable over versions, made of content alone."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from harness.scenario import Perturbation, Scenario, canonical_json, content_hash

FULL = {
    "env": "toy/Full-v0",
    "kwargs": {"b": 2, "a": [1, 0.5]},
    "options": {"episode_id": 7},
    "seed": 3,
    "instruction": "put it there",
    "perturbations": ({"target": "somewhere.Blur", "axis": "blur", "severity": 2, "seed": 1, "params": {"radius": 1.5}},),
    "max_steps": 60,
    "stop_after_success": 5,
}


def test_ids_never_change():
    """Run folders, replay files and results of others name scenarios by these. If this fails, ids of all published results have changed: do not adapt the test, restore the hash."""
    assert Scenario(env="toy/Bare-v0", max_steps=10).id == "7176075c0f495d9b"
    assert Scenario(**FULL).id == "7fb1d756dbbfda1b"


def test_tags_are_not_part_of_the_id():
    assert Scenario(**FULL, tags={"task": "a", "severity": 3}).id == Scenario(**FULL).id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("env", "toy/Other-v0"),
        ("kwargs", {"a": [1, 0.5]}),
        ("options", {}),
        ("seed", 4),
        ("instruction", None),
        ("perturbations", ()),
        ("max_steps", 61),
        ("stop_after_success", None),
    ],
)
def test_every_other_field_is(field: str, value: object):
    assert Scenario(**{**FULL, field: value}).id != Scenario(**FULL).id


def test_order_of_keys_does_not_matter():
    assert Scenario(**{**FULL, "kwargs": {"a": [1, 0.5], "b": 2}}).id == Scenario(**FULL).id
    assert canonical_json({"b": 1, "a": [1, {"d": 2, "c": 3}]}) == '{"a":[1,{"c":3,"d":2}],"b":1}'


def test_round_trip_through_json_keeps_the_id():
    scenario = Scenario(**FULL, tags={"task": "a"})
    again = Scenario.model_validate_json(scenario.model_dump_json())
    assert again == scenario
    assert again.id == scenario.id


def test_what_has_no_json_has_no_id():
    with pytest.raises(ValueError, match="JSON"):
        content_hash({"x": math.nan})
    with pytest.raises(TypeError):
        content_hash({"x": object()})


def test_frozen_and_strict():
    scenario = Scenario(env="toy/Bare-v0", max_steps=10)
    with pytest.raises(ValidationError):
        scenario.seed = 1
    misspelt: dict[str, Any] = {"sed": 1}
    with pytest.raises(ValidationError, match="sed"):
        Scenario(env="toy/Bare-v0", max_steps=10, **misspelt)
    for wrong in ({"max_steps": 0}, {"seed": -1}, {"stop_after_success": -1}):
        with pytest.raises(ValidationError):
            Scenario(**{"env": "toy/Bare-v0", "max_steps": 10, **wrong})
    with pytest.raises(ValidationError, match="severity"):
        Perturbation(target="x.Y", axis="x", severity=6)


def test_task_is_its_tag_or_the_environment():
    assert Scenario(env="toy/Bare-v0", max_steps=10).task == "toy/Bare-v0"
    assert Scenario(env="toy/Bare-v0", max_steps=10, tags={"task": "lift"}).task == "lift"
