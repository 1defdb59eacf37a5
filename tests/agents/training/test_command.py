"""``gauntlet train``: its words, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.training.command import main, overridden
from agents.training.domain import domain_named
from agents.training.pipeline import _claim
from agents.training.recipe import RECIPES, recipe_named
from harness.errors import ConfigError


def test_it_lists_what_it_can_train(capsys: pytest.CaptureFixture[str]):
    assert main(["--list"]) == 0
    assert "st4vla-tabletop" in capsys.readouterr().out


def test_unknown_names_have_a_hint():
    with pytest.raises(ConfigError, match="did you mean st4vla-tabletop"):
        recipe_named("st4vla-tabletp")
    with pytest.raises(ConfigError, match="did you mean tabletop"):
        domain_named("tabletopp")


def test_numbers_of_the_recipe_can_be_changed():
    changed = overridden(recipe_named("st4vla-tabletop"), ["episodes=5", "prompted=false"])
    assert (changed.episodes, changed.prompted) == (5, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [("episods=5", "did you mean episodes"), ("episodes=five", "no int"), ("episodes", "no such"), ("decoders=l1", "no such")],
)
def test_changes_it_refuses(change: str, said: str):
    with pytest.raises(ConfigError, match=said):
        overridden(recipe_named("st4vla-tabletop"), [change])


def test_a_folder_belongs_to_one_recipe(tmp_path: Path):
    recipe = recipe_named("st4vla-tabletop")
    _claim(tmp_path, recipe)
    _claim(tmp_path, recipe)
    with pytest.raises(ConfigError, match="episodes is 2100 there, 7 now"):
        _claim(tmp_path, overridden(recipe, ["episodes=7"]))


def test_the_vanilla_policy_gets_the_same_data_and_steps():
    guided, vanilla = RECIPES["st4vla-tabletop"], RECIPES["vanilla-tabletop"]
    assert (guided.episodes, guided.seed, guided.suite) == (vanilla.episodes, vanilla.seed, vanilla.suite)
