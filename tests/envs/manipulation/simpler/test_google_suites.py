"""SIMPLER's suites expand to the published numbers of episodes; options of the Google Robot's tasks and their drawing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

import scenarios
from agents.training.widowx import SEED_LIMIT
from envs.manipulation.simpler.episode_axes import choose, swept, variant
from envs.manipulation.simpler.ids import SIMPLER_IDS
from envs.manipulation.simpler.near_layouts import EPISODES, layout
from harness.errors import ConfigError
from harness.suite import Suite, expand_suite

FOLDER = Path(scenarios.__file__).parent / "suite" / "simpler"
AXES = (swept("episode_id", range(25)), swept("colour", ("red", "green")), variant("light", ("default", "darker")))


def suite(name: str) -> Suite:
    return expand_suite(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("google_vm", {"pick_coke_can": 300, "move_near": 240, "open_drawer": 108, "close_drawer": 108, "place_apple": 108}),
        ("google_va", {"pick_coke_can": 675, "move_near": 480, "open_drawer": 189, "close_drawer": 189, "place_apple": 189}),
        ("widowx", {"put_carrot_on_plate": 24, "put_spoon_on_towel": 24, "stack_cube": 24, "put_eggplant_in_basket": 24}),
    ],
)
def test_published_episode_counts(name: str, counts: dict[str, int]) -> None:
    assert Counter(scenario.task for scenario in suite(name).scenarios) == counts


@pytest.mark.parametrize("name", ["google_vm", "google_va", "widowx"])
def test_a_smoke_suite_is_a_few_of_the_published_episodes_of_every_task(name: str) -> None:
    def keys(suite_name: str) -> set[str]:
        return {json.dumps([s.env, s.max_steps, dict(s.kwargs), dict(s.options)], sort_keys=True) for s in suite(suite_name).scenarios}

    whole, few = suite(name), suite(f"{name}_smoke")
    assert keys(f"{name}_smoke") <= keys(name)
    assert {scenario.task for scenario in few.scenarios} == {scenario.task for scenario in whole.scenarios}
    assert len(few.scenarios) <= 10


def test_random_layouts_begin_where_no_policy_was_trained() -> None:
    assert len(suite("widowx_random").scenarios) == 100
    assert min(scenario.seed for scenario in suite("widowx_random").scenarios) >= SEED_LIMIT


def test_step_limits() -> None:
    limits = {scenario.task: scenario.max_steps for scenario in suite("google_vm").scenarios}
    assert limits == {"pick_coke_can": 80, "move_near": 80, "open_drawer": 113, "close_drawer": 113, "place_apple": 200}
    assert {scenario.max_steps for scenario in suite("widowx_120").scenarios} == {120}


def test_every_scenario_names_a_registered_environment() -> None:
    for file in FOLDER.glob("*.yaml"):
        assert {scenario.env for scenario in suite(file.stem).scenarios} <= set(SIMPLER_IDS)


def test_all_25_prepackaged_names() -> None:
    assert sum(name.startswith(("simpler/google_robot_", "simpler/widowx_")) for name in SIMPLER_IDS) == 25


def test_naming_an_option_leaves_the_others_as_drawn() -> None:
    drawn = choose("Task", AXES, 7, {})
    assert choose("Task", AXES, 7, {"episode_id": 3}) == drawn | {"episode_id": 3}
    assert drawn["light"] == "default"
    assert choose("Task", AXES, 7, {}) == drawn


@pytest.mark.parametrize("options", [{"episode": 1}, {"episode_id": 25}, {"episode_id": True}, {"episode_id": "1"}, {"colour": "blue"}])
def test_wrong_options_are_refused_with_a_cure(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as refused:
        choose("Task", AXES, 0, options)
    assert refused.value.cure


def test_layouts_of_move_near() -> None:
    assert EPISODES == 60
    first = layout(1)
    assert (first.words[first.source], first.words[first.target]) == ("bottle", "orange")
    assert first.positions[0] == (-0.33, 0.04)
    far = layout(20)
    assert (far.words[far.source], far.words[far.target]) == ("apple", "7up")
    assert far.without_distractor().words == ("apple", "7up")
