"""``gauntlet train`` end to end in small: demonstrations, both stages, weights that the agent runs with; run again, it does nothing anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.training.command import main, overridden
from agents.training.pipeline import run_pipeline
from agents.training.recipe import recipe_named
from agents.vla.agent import VlaAgent
from agents.vla.policy import VlaPolicy
from agents.vla.weights import load_model
from envs.manipulation.tabletop.environment import make_tabletop
from harness.rollout import rollout
from harness.scenario import Scenario

_SMALL = ["episodes=4", "workers=1", "training_workers=1", "grounding_steps=2", "grounding_batch=6", "motor_steps=2", "action_batch=16"]
_SMALLER = ["rounds=1", "round_grounding=1", "round_frames=8", "head_steps=1", "vanilla_steps=2"]


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize(("name", "mode"), [("st4vla-tabletop", "on"), ("vanilla-tabletop", "off")])
def test_a_small_policy_from_nothing(name: str, mode: str, tmp_path: Path):
    recipe = overridden(recipe_named(name), [*_SMALL, *_SMALLER])
    run_pipeline(recipe, tmp_path)
    weights = tmp_path / "weights"
    facts = json.loads((weights / "facts.json").read_text())
    model, digest = load_model(weights / "model.safetensors")
    assert facts["digest"] == digest
    assert facts["demonstrations"] <= 4
    assert model.config.decoders == recipe.decoders
    agent = VlaAgent(VlaPolicy(str(weights), prompt={"mode": mode}))
    env = make_tabletop("PutOn")
    trace = rollout(Scenario(env="tabletop/PutOn-v0", seed=1_000_000, max_steps=5), env, agent)
    assert [thought is not None for thought in trace.thoughts] == [True, False, False, False, True]
    env.close()
    before = (weights / "model.safetensors").read_bytes()
    run_pipeline(recipe, tmp_path)
    assert (weights / "model.safetensors").read_bytes() == before


@pytest.mark.sim
@pytest.mark.slow
def test_two_processes_train_together(tmp_path: Path):
    recipe = overridden(recipe_named("st4vla-tabletop"), [*_SMALL, *_SMALLER, "training_workers=2"])
    run_pipeline(recipe, tmp_path, until="grounding")
    assert (tmp_path / "grounding.pt").is_file()


def test_help_is_quick_and_complete(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "--until" in capsys.readouterr().out
