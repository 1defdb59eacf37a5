"""Suites: axes in all their forms, and errors that name the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.scenario import Scenario
from harness.suite import Suite, expand_suite

ENTRY: dict[str, Any] = {"env": "toy/A-v0", "max_steps": 10}


def suite(*entries: Mapping[str, Any], **fields: Any) -> Suite:
    return expand_suite({"name": "family/few", "entries": list(entries), **fields})


def test_range_axis():
    made = suite({**ENTRY, "axes": [{"key": "seed", "range": [2, 8, 3]}]})
    assert [s.seed for s in made.scenarios] == [2, 5]
    assert made.scenarios[0].tags == {"suite": "family/few"}


def test_values_axis_into_a_nested_field_with_a_tag():
    entry = {**ENTRY, "options": {"table": "oak"}, "axes": [{"key": "options.episode_id", "values": [0, 3], "tag": "episode"}]}
    made = suite(entry)
    assert [s.options for s in made.scenarios] == [{"table": "oak", "episode_id": 0}, {"table": "oak", "episode_id": 3}]
    assert [s.tags["episode"] for s in made.scenarios] == [0, 3]
    assert entry["options"] == {"table": "oak"}  # the file's content is left alone


def test_variants_change_several_keys_together():
    axis = {"name": "station", "variants": {"a": {"options.x": 0.1, "kwargs.size": 3}, "b": {"options.x": 0.2}, "c": None}}
    a, b, c = suite({**ENTRY, "axes": [axis]}).scenarios
    assert (a.options, a.kwargs, a.tags["station"]) == ({"x": 0.1}, {"size": 3}, "a")
    assert (b.options, b.kwargs, b.tags["station"]) == ({"x": 0.2}, {}, "b")
    assert (c.options, c.kwargs, c.tags["station"]) == ({}, {}, "c")


def test_axes_multiply_and_the_last_is_fastest():
    made = suite({**ENTRY, "axes": [{"key": "options.x", "values": ["left", "right"]}, {"key": "seed", "range": [0, 3]}]})
    assert [(s.options["x"], s.seed) for s in made.scenarios] == [
        ("left", 0),
        ("left", 1),
        ("left", 2),
        ("right", 0),
        ("right", 1),
        ("right", 2),
    ]


def test_common_fields_and_entries_that_override_them():
    made = suite({"env": "toy/A-v0"}, {"env": "toy/B-v0", "max_steps": 5}, common={"max_steps": 80, "stop_after_success": 1})
    assert [(s.max_steps, s.stop_after_success) for s in made.scenarios] == [(80, 1), (5, 1)]


def test_hash_depends_on_content_and_rule_but_not_on_order_or_name():
    a, b = {**ENTRY, "seed": 0}, {**ENTRY, "seed": 1}
    assert suite(a, b).hash == suite(b, a).hash
    assert suite(a, b).hash == suite(a, b, description="words").hash
    assert suite(a, b).hash != suite(a).hash
    assert suite(a, b).hash != suite(a, b, success="any").hash


def test_limited_per_task_keeps_the_order():
    entries = [{**ENTRY, "seed": seed, "tags": {"task": task}} for seed, task in enumerate("abaab")]
    kept = suite(*entries).limited(2)
    assert [(s.seed, s.task) for s in kept.scenarios] == [(0, "a"), (1, "b"), (2, "a"), (4, "b")]
    assert kept.tasks() == ["a", "b"]
    assert suite(*entries).limited(None) == suite(*entries)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"entries": [ENTRY]}, "without a name"),
        ({"name": "x", "entris": [ENTRY]}, "suite x: unknown key 'entris' .*did you mean entries"),
        ({"name": "x", "entries": [{**ENTRY, "max_step": 3}]}, "suite x, entry 0: unknown key 'max_step' .*did you mean max_steps"),
        (
            {"name": "x", "entries": [ENTRY, {**ENTRY, "axes": [{"kye": "seed", "range": [2]}]}]},
            "entry 1, axis .*unknown key 'kye' .*did you mean key",
        ),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "sede", "range": [2]}]}]}, "unknown key 'sede' .*did you mean seed"),
        ({"name": "x", "entries": [{"env": "toy/A-v0"}]}, "entry 0: max_steps: Field required"),
        ({"name": "x", "entries": [{"max_steps": 3}]}, "entry 0: env: Field required"),
        ({"name": "x", "entries": [{**ENTRY, "max_steps": 0}]}, "max_steps"),
        ({"name": "x", "success": "never", "entries": [ENTRY]}, "success"),
        ({"name": "x", "entries": []}, "no scenarios"),
        ({"name": "x"}, "no scenarios"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "seed", "values": []}]}]}, "no scenarios"),
        ({"name": "x", "entries": [ENTRY, {**ENTRY, "tags": {"task": "b"}}]}, "two scenarios are the same episode .*seed 0"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "seed"}]}]}, "needs `key` and either `values` or `range`"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "seed", "values": [1], "range": [2]}]}]}, "needs `key` and either"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"variants": {"a": {}}}]}]}, "no name"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "seed.deep", "values": [1]}], "seed": 1}]}, "no mapping"),
        ({"name": "x", "entries": ["toy/A-v0"]}, "entry 0"),
        ({"name": "x", "entries": {"env": "toy/A-v0"}}, "entries"),
        ({"name": "x", "common": ["a"], "entries": [ENTRY]}, "common"),
        ({"name": "x", "entries": [{**ENTRY, "axes": {"key": "seed", "range": [2]}}]}, "axes"),
        ({"name": "x", "entries": [{**ENTRY, "axes": ["seed"]}]}, "axes|axis"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "seed", "range": 3}]}]}, "range"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "seed", "range": ["a"]}]}]}, "range"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"key": "seed", "values": 3}]}]}, "values"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"name": "v", "variants": ["a"]}]}]}, "variants"),
        ({"name": "x", "entries": [{**ENTRY, "axes": [{"name": "v", "variants": {"a": 3}}]}]}, "variants"),
        ({"name": "x", "entries": [{**ENTRY, "tags": "b"}]}, "tags"),
    ],
)
def test_mistakes_are_named(spec: dict[str, Any], words: str):
    with pytest.raises(ConfigError, match=words):
        expand_suite(spec)


def test_scenarios_of_a_suite_made_in_code():
    scenarios = tuple(Scenario(env="toy/A-v0", seed=seed, max_steps=3) for seed in range(2))
    assert Suite(name="mine", scenarios=scenarios).tasks() == ["toy/A-v0"]


def test_tags_of_common_and_entry_add_up():
    entry = {"env": "a/B-v0", "max_steps": 5, "tags": {"task": "b"}, "options": {"x": 2}}
    suite = expand_suite({"name": "s/t", "common": {"tags": {"robot": "arm"}, "options": {"x": 1, "y": 1}}, "entries": [entry]})
    assert suite.scenarios[0].tags == {"suite": "s/t", "robot": "arm", "task": "b"}
    assert suite.scenarios[0].options == {"x": 2, "y": 1}
