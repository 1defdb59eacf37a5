"""``gauntlet train POLICY``: demonstrations, both stages, weights and model card, end to end.

Interrupted, it goes on where it stopped when run again with the same ``--out``.
"""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

from agents.training.recipe import RECIPES, Recipe, recipe_named
from harness.errors import ConfigError

PARTS = ("record", "grounding", "motor", "polish", "guided", "heads", "export")


def main(arguments: list[str]) -> int:
    """The command's exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.list:
        for recipe in RECIPES.values():
            print(
                f"{recipe.name:20s} suite {recipe.suite}, {recipe.episodes * recipe.workers} demonstrations, decoders {', '.join(recipe.decoders)}"
            )
        return 0
    if given.policy is None:
        parser.print_help()
        return 2
    recipe = overridden(recipe_named(given.policy), given.set)
    if given.decoders:
        recipe = replace(recipe, decoders=tuple(given.decoders))
    from agents.training.pipeline import run_pipeline  # heavy imports: not for --help

    out = Path(given.out or f"outputs/train/{recipe.name}")
    if given.lerobot:
        from agents.training.lerobot_export import export_demonstrations

        print(export_demonstrations(recipe, out, Path(given.data) if given.data else out / "data", Path(given.lerobot)))
        return 0
    run_pipeline(recipe, out, Path(given.data) if given.data else None, until=given.until)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gauntlet train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policy", nargs="?", help="what to train: " + ", ".join(RECIPES))
    parser.add_argument("--out", help="folder of checkpoints, logs and the result (default outputs/train/POLICY)")
    parser.add_argument("--data", help="folder of demonstrations (default: OUT/data); shared by policies of one suite")
    parser.add_argument("--until", default=PARTS[-1], choices=PARTS, help="the last part to run")
    parser.add_argument("--decoders", nargs="*", help="action decoders to train; the first shapes the condition")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="change a number of the recipe, as episodes=50")
    parser.add_argument(
        "--lerobot", metavar="FOLDER", help="do not train: write the demonstrations as a LeRobotDataset v3 (docs/lerobot.md)"
    )
    parser.add_argument("--list", action="store_true", help="name the policies and stop")
    return parser


def overridden(recipe: Recipe, changes: list[str]) -> Recipe:
    """``recipe`` with ``KEY=VALUE`` applied. Raises ConfigError for an unknown key or a value of the wrong type."""
    from harness.errors import did_you_mean

    types = {field.name: type(getattr(recipe, field.name)) for field in fields(recipe)}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or key not in types or types[key] is tuple:
            raise ConfigError(f"--set {change}: no such number in the recipe", did_you_mean(key, types))
        try:
            value = text.lower() in ("true", "1", "yes") if types[key] is bool else types[key](text)
        except ValueError:
            raise ConfigError(f"--set {change}: {text!r} is no {types[key].__name__}", "give a value of that type") from None
        recipe = replace(recipe, **{key: value})
    return recipe
