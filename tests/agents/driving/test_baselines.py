"""Driving baselines: what they plan, and what they say when they cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.driving.ego_mlp import SHIPPED, EgoMlpPolicy, features
from agents.driving.motion import ConstantVelocityAgent, StationaryAgent
from agents.driving.privileged_plan import HumanAgent, IdmAgent, PdmClosedAgent
from agents.driving.trajectory_replay import TrajectoryReplayAgent
from agents.training.ego_mlp import fit, main, samples
from envs.driving.environment.ego_status import action_space
from harness.agent import Agent, Task
from harness.agent_maker import make_agent
from harness.config import compose, names
from harness.errors import AgentError
from harness.policy import Request


def _state(speed: float = 6.0, command: int = 1) -> dict[str, np.ndarray]:
    one_hot = np.zeros(4, np.float32)
    one_hot[command] = 1
    return {
        "velocity": np.array([speed, 0.0], np.float32),
        "acceleration": np.zeros(2, np.float32),
        "command": one_hot,
        "past_poses": np.zeros((4, 3), np.float32),
        "past_velocities": np.zeros((4, 2), np.float32),
    }


def _seen(state: Any = None, **privileged: Any) -> Any:
    return {"image": {}, "state": _state() if state is None else state, "instruction": "", "privileged": privileged}


def _act(agent: Agent, observation: Any) -> np.ndarray:
    agent.reset(Task("", action_space(), 2.0, 30, "id"), 0)
    decision: Any = agent.act(observation)
    return np.asarray(decision.actions[0] if hasattr(decision, "actions") else decision)


def test_constant_velocity_goes_straight_on_and_stationary_stays() -> None:
    plan = _act(ConstantVelocityAgent(), _seen(_state(6.0)))
    assert plan[:, 0] == pytest.approx(3.0 * np.arange(1, 9))
    assert not plan[:, 1:].any()
    assert not _act(StationaryAgent(), _seen()).any()
    with pytest.raises(AgentError, match="velocity"):
        _act(ConstantVelocityAgent(), _seen({}))


@pytest.mark.parametrize(("kind", "name"), [(HumanAgent, "human"), (PdmClosedAgent, "pdm_closed"), (IdmAgent, "idm")])
def test_privileged_agents_drive_the_plan_and_say_what_it_means(kind: type[Agent], name: str) -> None:
    plan = np.column_stack([np.linspace(3, 10, 8), np.zeros((8, 2))]).astype(np.float32)
    agent = kind()
    assert agent.privileged
    agent.reset(Task("", action_space(), 2.0, 30, "id"), 0)
    decision: Any = agent.act(_seen(**{name: plan}))
    assert decision.actions[0].tobytes() == plan.tobytes()
    assert decision.thought.subtask == "decelerate, keep"
    with pytest.raises(AgentError, match=name):
        agent.act(_seen(**{name: None}))


def test_every_driving_agent_can_be_made_by_name() -> None:
    for name in ("constant_velocity", "stationary", "human", "pdm_closed", "idm", "ego_mlp"):
        assert name in names("agent")
        assert callable(make_agent(compose([f"agent={name}"])["agent"]).act)


def test_the_shipped_network_is_small_blind_and_the_same_in_any_batch() -> None:
    assert SHIPPED.stat().st_size < 1_000_000
    assert SHIPPED.with_suffix(".md").is_file()
    policy = EgoMlpPolicy()
    requests = [
        Request({}, _state(speed, command), "", seed, 0) for seed, (speed, command) in enumerate([(0.0, 1), (8.0, 0), (8.0, 2), (12.0, 1)])
    ]
    alone = [policy.infer([request])[0].actions for request in requests]
    together = [response.actions for response in policy.infer(requests)]
    assert [each.tobytes() for each in alone] == [each.tobytes() for each in together]
    assert alone[0].shape == (1, 8, 3)
    standing, left, right, fast = (each[0] for each in alone)
    assert standing[-1, 0] < fast[-1, 0] / 2
    assert left[-1, 1] > 1.0
    assert right[-1, 1] < -1.0
    assert abs(fast[-1, 1]) < 3.0
    assert len(policy.fingerprint()["weights"]) == 64


def test_broken_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="does not exist"):
        EgoMlpPolicy(str(tmp_path / "none.safetensors"))
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"nothing")
    with pytest.raises(AgentError, match=r"bad\.safetensors"):
        EgoMlpPolicy(str(bad))
    with pytest.raises(AgentError, match="acceleration"):
        features({"velocity": np.zeros(2, np.float32)})


def test_training_learns_speed_and_mirrors(tmp_path: Path) -> None:
    x, y = samples(2, 0)
    half = len(x) // 2
    assert x.shape == (2 * half, 8)
    assert y.shape == (2 * half, 8, 3)
    assert np.allclose(y[half:, :, 1], -y[:half, :, 1])
    assert np.allclose(x[half:, 4], x[:half, 6])
    _, untrained = fit(x, y, 0, 0)
    weights, trained = fit(x, y, 40, 0)
    assert trained < untrained / 2
    assert fit(x, y, 2, 0)[0]["weight0"].tobytes() == fit(x, y, 2, 0)[0]["weight0"].tobytes()
    assert set(weights) == {"mean", "scale", "weight0", "bias0", "weight1", "bias1", "weight2", "bias2"}
    out = tmp_path / "net.safetensors"
    assert main(["--scenes", "1", "--epochs", "1", "--out", str(out)]) == 0
    assert EgoMlpPolicy(str(out)).infer([Request({}, _state(), "", 0, 0)])[0].actions.shape == (1, 8, 3)


def test_trajectories_are_played_back_by_token_and_slot(tmp_path: Path) -> None:
    path = tmp_path / "trajectories.json"
    fine = [[0.1 * k, 0.0, 0.0] for k in range(1, 41)]
    content = {
        "a": [{"name": "slow", "dt": 0.5, "poses": [[1.0 * k, 0.0, 0.0] for k in range(1, 9)]}, {"name": "fine", "dt": 0.1, "poses": fine}],
        "b": [[2.0 * k, 0.0, 3.1 if k < 3 else -3.1] for k in range(1, 9)],
        "short": [{"name": "slow", "dt": 0.5, "poses": [[1.0, 0.0, 0.0]]}],
        "bad": [{"name": "slow", "dt": 0.5, "poses": [[1.0, float("nan"), 0.0]]}],
    }
    path.write_text(json.dumps(content))
    agent = TrajectoryReplayAgent(str(path))
    assert _act(agent, _seen(token="a"))[:, 0] == pytest.approx(np.arange(1, 9))
    assert _act(TrajectoryReplayAgent(str(path), "fine"), _seen(token="a"))[:, 0] == pytest.approx(0.5 * np.arange(1, 9))
    assert abs(_act(agent, _seen(token="b"))[:, 2]).min() > 3.0  # no half turn between 3.1 and -3.1
    assert _act(agent, _seen(token="short"))[:, 0] == pytest.approx(np.ones(8))
    for token, named in (("c", "no trajectory"), ("bad", "bad")):
        with pytest.raises(AgentError, match=named):
            _act(agent, _seen(token=token))
    with pytest.raises(AgentError, match="slwo"):
        _act(TrajectoryReplayAgent(str(path), "slwo"), _seen(token="a"))
    with pytest.raises(AgentError, match="number 7"):
        _act(TrajectoryReplayAgent(str(path), 7), _seen(token="a"))
    with pytest.raises(AgentError, match="does not exist"):
        TrajectoryReplayAgent(str(tmp_path / "none.json"))
