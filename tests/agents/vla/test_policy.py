"""One call of the policy: what it answers, what it refuses, what it does not depend on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.vla.inputs import Inputs
from agents.vla.policy import VlaPolicy
from agents.vla.reasoning import Reasoning
from harness.errors import AgentError, ConfigError
from harness.policy import Request

Make = Callable[..., Request]


@pytest.fixture(scope="module")
def policy(weights: Path) -> VlaPolicy:
    return VlaPolicy(str(weights))


def test_an_answer_has_a_chunk_and_a_thought(policy: VlaPolicy, request_of: Make):
    response = policy.infer([request_of(size=256)])[0]
    assert response.actions.shape == (8, 7)
    assert np.isfinite(response.actions).all()
    assert set(np.unique(response.actions[:, 6])) <= {-1.0, 1.0}
    thought = response.thought
    assert thought.points[0].label == "source"
    assert all(0 <= p.x <= 256 and 0 <= p.y <= 256 and p.camera == "third_person" for p in thought.points[:1])
    assert set(thought.seconds) == {"encode", "reason", "bridge", "act"}
    assert thought.confidence is not None
    assert 0 <= thought.confidence <= 1


@pytest.mark.parametrize(
    "decoder", [{"name": "flow", "steps": 1}, {"name": "flow", "steps": 10}, {"name": "tokens"}, {"name": "gru"}, {"name": "l1"}]
)
@pytest.mark.parametrize("mode", ["on", "off", "random"])
def test_the_seed_decides_and_nothing_else(weights: Path, request_of: Make, decoder: dict, mode: str):
    policy = VlaPolicy(str(weights), prompt={"mode": mode}, decoder=decoder)
    first = policy.infer([request_of(1)])[0].actions
    policy.infer([request_of(5)])
    np.testing.assert_array_equal(policy.infer([request_of(1)])[0].actions, first)


def test_a_batch_answers_as_single_calls_do(policy: VlaPolicy, request_of: Make):
    requests = [request_of(seed) for seed in range(5)]
    together = policy.infer(requests)
    for request, response in zip(requests, together):
        np.testing.assert_allclose(response.actions, policy.infer([request])[0].actions, atol=1e-4)


def test_no_requests_no_answers(policy: VlaPolicy):
    assert policy.infer([]) == []


def test_modes_change_the_action(weights: Path, request_of: Make):
    answers = [VlaPolicy(str(weights), prompt={"mode": mode}).infer([request_of(2)])[0].actions for mode in ("on", "off", "random")]
    assert not np.allclose(answers[0], answers[1])
    assert not np.allclose(answers[0], answers[2])


def test_the_bridge_matters_and_can_be_cut(weights: Path, request_of: Make):
    cut = VlaPolicy(str(weights), bridge=False).infer([request_of(2)])[0].actions
    assert not np.allclose(VlaPolicy(str(weights)).infer([request_of(2)])[0].actions, cut)


@pytest.mark.parametrize("instruction", ["", "zorble the frotz", "put the red cube on the blue plate " * 200, "PUT THE RED CUBE, please!"])
def test_any_sentence_is_answered(policy: VlaPolicy, request_of: Make, instruction: str):
    assert np.isfinite(policy.infer([request_of(instruction=instruction)])[0].actions).all()


def test_case_and_punctuation_do_not_matter(policy: VlaPolicy, request_of: Make):
    plain = policy.infer([request_of(instruction="pick up the red cube")])[0]
    np.testing.assert_array_equal(policy.infer([request_of(instruction="Pick up the RED cube!")])[0].actions, plain.actions)


def test_a_long_instruction_is_cut_after_28_words(policy: VlaPolicy, request_of: Make):
    words = ["the"] * 28
    cut = policy.infer([request_of(instruction=" ".join(words))])[0]
    np.testing.assert_array_equal(policy.infer([request_of(instruction=" ".join([*words, "red", "cube"]))])[0].actions, cut.actions)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((128, 128, 3), np.float32), "float32"),
        (np.zeros((3, 128, 128), np.uint8), r"\(3, 128, 128\)"),
        (np.zeros((128, 128), np.uint8), r"\(128, 128\)"),
        (np.zeros((96, 128, 3), np.uint8), "128x96"),
        (np.zeros((16, 16, 3), np.uint8), "16x16"),
    ],
)
def test_images_it_cannot_read(policy: VlaPolicy, request_of: Make, image: np.ndarray, said: str):
    with pytest.raises(AgentError, match=said):
        policy.infer([request_of(images={"third_person": image})])


def test_a_missing_camera_is_named(policy: VlaPolicy, request_of: Make):
    with pytest.raises(AgentError, match="third_person"):
        policy.infer([request_of(images={"wrist": np.zeros((128, 128, 3), np.uint8)})])


def test_a_missing_state_is_named(policy: VlaPolicy, request_of: Make):
    state = {name: value for name, value in request_of().state.items() if name != "gripper"}
    with pytest.raises(AgentError, match="gripper"):
        policy.infer([request_of(state=state)])


def test_truth_is_asked_for(weights: Path, request_of: Make):
    with pytest.raises(AgentError, match="truth"):
        VlaPolicy(str(weights), prompt={"mode": "oracle"}).infer([request_of()])


def test_told_places_reach_the_action(weights: Path, request_of: Make):
    oracle = VlaPolicy(str(weights), prompt={"mode": "oracle"})
    near, far = ({"truth": {"source": [0.5, y, 0.02], "target": [0.6, 0.1, 0.01], "wrong": {}}} for y in (0.0, 0.2))
    assert not np.allclose(oracle.infer([request_of(history=near)])[0].actions, oracle.infer([request_of(history=far)])[0].actions)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"prompt": {"mode": "onn"}}, "did you mean"),
        ({"prompt": {"kind": "boxes"}}, "did you mean box"),
        ({"decoder": {"name": "flw"}}, "flw"),
        ({"decoder": {"steps": 0}}, "at least one"),
        ({"decoder": {"stepps": 4}}, "stepps"),
        ({"device": "cuda:9"}, "cuda:9"),
    ],
)
def test_wrong_settings(weights: Path, arguments: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        VlaPolicy(str(weights), **arguments)


class _Stand:
    """A reasoner of somebody else's, without hidden states that the bridge could read."""

    hidden_size, hidden_layers, queries = 7, 1, 1

    def think(self, inputs: Inputs) -> Reasoning:
        batch = len(inputs.state)
        half = torch.full((batch, 3, 2), 0.5)
        zeros = torch.zeros(batch)
        nothing = torch.full((batch, 2, 4), torch.nan)
        family = torch.zeros(batch, dtype=torch.long)
        return Reasoning(
            half,
            torch.ones(batch, 3),
            torch.ones(batch, 3),
            torch.zeros(batch, 10),
            zeros,
            zeros,
            family,
            family,
            nothing,
            ["reach the cube"] * batch,
        )


def test_another_reasoner_slots_in(weights: Path, request_of: Make):
    target = {"_target_": f"{__name__}._Stand"}
    import sys

    sys.modules.setdefault(__name__, sys.modules[_Stand.__module__])
    with pytest.raises(ConfigError, match="bridge"):
        VlaPolicy(str(weights), reasoner=target)
    response = VlaPolicy(str(weights), reasoner=target, bridge=False).infer([request_of(size=200)])[0]
    assert response.thought.subtask == "reach the cube"
    assert (response.thought.points[0].x, response.thought.points[0].y) == (100.0, 100.0)
