"""The closed loop: what the ego does changes what follows, the same seed gives the same drive, and who drives well succeeds."""

from __future__ import annotations

import json
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import envs
from envs.driving.environment.closed_loop_env import ClosedLoopEnv
from envs.driving.formats import NavsimData
from harness.errors import ConfigError

assert envs
FOLLOWING = 17  # of the test split: behind a car, across a crossing


@pytest.fixture(scope="module")
def env() -> gym.Env[Any, Any]:
    return gym.make("driving/ClosedLoop-v0", cameras=[], seconds=6.0, disable_env_checker=True)


def _run(env: gym.Env[Any, Any], index: int, agent: str, **options: Any) -> tuple[list[dict[str, Any]], bytes]:
    observation, info = env.reset(seed=0, options={"index": index, **options})
    infos, trace = [info], [_bytes(observation)]
    over = False
    while not over:
        plan = np.zeros((8, 3)) if agent == "stationary" else straight(observation) if agent == "straight" else info["privileged"][agent]
        observation, _, terminated, truncated, info = env.step(plan)
        over = terminated or truncated
        infos.append(info)
        trace.append(_bytes(observation))
    return infos, b"".join(trace)


def _bytes(observation: dict[str, Any]) -> bytes:
    return b"".join(observation["state"][name].tobytes() for name in sorted(observation["state"]))


def straight(observation: dict[str, Any]) -> np.ndarray:
    speed = float(np.hypot(*observation["state"]["velocity"]))
    return np.column_stack([speed * 0.5 * np.arange(1, 9), np.zeros((8, 2))])


def test_a_drive_is_the_same_bit_for_bit_whatever_ran_before(env: gym.Env[Any, Any]) -> None:
    first = _run(env, FOLLOWING, "idm")
    _run(env, 2, "stationary")
    again = _run(env, FOLLOWING, "idm")
    assert again[1] == first[1]
    assert json.dumps([info["truth"] for info in again[0]]) == json.dumps([info["truth"] for info in first[0]])
    assert again[0][-1]["scores"] == first[0][-1]["scores"]


@pytest.mark.sim
def test_looking_does_not_change_the_drive(env: gym.Env[Any, Any]) -> None:
    seeing = gym.make("driving/ClosedLoop-v0", camera_size=[64, 36], seconds=6.0, disable_env_checker=True)
    observation, _ = seeing.reset(seed=0, options={"index": FOLLOWING})
    trace = [_bytes(observation)]
    pictures = []
    for _ in range(12):
        pictures.append(observation["image"]["CAM_F0"].tobytes())
        observation, _, terminated, truncated, info = seeing.step(straight(observation))
        assert info["views"]["bev"].any()
        trace.append(_bytes(observation))
        if terminated or truncated:
            break
    assert len(set(pictures)) == len(pictures)
    assert b"".join(trace) == _run(env, FOLLOWING, "straight")[1]


def test_traffic_reacts_to_the_ego(env: gym.Env[Any, Any]) -> None:
    """The same car behind or around is elsewhere when the ego stands than when it drives."""

    def others(agent: str) -> dict[str, np.ndarray]:
        infos, _ = _run(env, 3, agent)  # a tailgater
        return {name: truth["pose"][:2] for name, truth in infos[-1]["privileged"]["objects"].items()}

    moving, standing = others("human"), others("stationary")
    assert any(np.hypot(*(moving[name] - standing[name])) > 3.0 for name in moving.keys() & standing.keys())


def test_the_human_drives_on_and_standing_still_fails(env: gym.Env[Any, Any]) -> None:
    human, _ = _run(env, FOLLOWING, "human")
    assert len(human) == 13
    assert human[-1]["success"] is True
    assert human[-1]["progress"] > 0.9
    assert human[0]["success"] is False
    standing, _ = _run(env, FOLLOWING, "stationary")
    assert standing[-1]["success"] is False
    assert standing[-1]["scores"]["driving_score"] < human[-1]["scores"]["driving_score"]


def test_scores_truth_and_facts_are_plain_data(env: gym.Env[Any, Any]) -> None:
    infos, _ = _run(env, FOLLOWING, "idm")
    for info in infos:
        json.dumps([info["scores"], info["truth"], info["episode"], info["events"]], allow_nan=False)
        assert {"ego", "lead_gap", "off_road", "collided_with", "light", "expert_meta"} <= set(info["truth"])
    assert infos[0]["scores"]["window_pdms"] is None
    assert 0.0 <= infos[-1]["scores"]["window_pdms"] <= 1.0
    assert infos[-1]["episode"]["loop"] == "closed"
    assert infos[0]["truth"]["lead"].startswith("vehicle:")


def test_a_negative_start_begins_elsewhere_and_can_be_mended(env: gym.Env[Any, Any]) -> None:
    changed = 0
    for index in (1, 2, FOLLOWING):
        _, plain = env.reset(seed=0, options={"index": index})
        _, info = env.reset(seed=0, options={"index": index, "negative_start": True})
        assert info["episode"]["negative_start"] is True
        assert info["events"] == []
        changed += info["truth"]["ego"] != plain["truth"]["ego"]
    assert changed == 3


def test_a_log_can_be_driven_on(small: NavsimData) -> None:
    env = gym.make("driving/ClosedLoop-v0", source="navsim", data=str(small.folder), cameras=[], seconds=4.0, disable_env_checker=True)
    infos, trace = _run(env, 0, "human")
    assert infos[-1]["episode"]["traffic"] == "log-path-idm"
    assert infos[-1]["success"] is True
    assert _run(env, 0, "human")[1] == trace
    idm = gym.make(
        "driving/ClosedLoop-v0", source="navsim", data=str(small.folder), cameras=[], seconds=4.0, traffic="idm", disable_env_checker=True
    )
    infos, trace = _run(idm, 0, "human")
    assert infos[-1]["episode"]["traffic"] == "idm"
    assert infos[-1]["success"] is True
    assert _run(idm, 0, "human")[1] == trace
    far = gym.make("driving/ClosedLoop-v0", source="navsim", data=str(small.folder), cameras=[], seconds=40.0, disable_env_checker=True)
    with pytest.raises(ConfigError, match="goes on for"):
        far.reset(seed=0, options={"index": 0})


@pytest.fixture(scope="module")
def idm_env() -> gym.Env[Any, Any]:
    return gym.make("driving/ClosedLoop-v0", cameras=[], seconds=6.0, traffic="idm", disable_env_checker=True)


def test_corrected_idm_drives_around_the_ego_where_it_is_asked_for(env: gym.Env[Any, Any], idm_env: gym.Env[Any, Any]) -> None:
    def lead_at_the_end(info: dict[str, Any], lead: str) -> np.ndarray:
        return info["privileged"]["objects"][lead]["pose"][:2]

    human, trace = _run(idm_env, FOLLOWING, "human")
    lead = human[0]["truth"]["lead"]
    among_idm = lead_at_the_end(human[-1], lead)
    assert {info["episode"]["traffic"] for info in human} == {"idm"}
    assert human[-1]["success"] is True
    assert _run(idm_env, FOLLOWING, "human")[1] == trace
    scripted, _ = _run(env, FOLLOWING, "human")
    assert scripted[-1]["episode"]["traffic"] == "scripted-idm"
    assert scripted[0]["truth"]["lead"] == lead
    assert np.hypot(*(among_idm - lead_at_the_end(scripted[-1], lead))) > 1.0


def test_corrected_idm_stops_for_an_ego_that_stands(idm_env: gym.Env[Any, Any]) -> None:
    observation, info = idm_env.reset(seed=0, options={"index": 3})
    assert observation

    def pace() -> float:
        return float(np.hypot(*info["privileged"]["objects"]["vehicle:tailgater-0"]["velocity"]))

    assert pace() > 10.0
    events = []
    for _ in range(10):
        _, _, _, _, info = idm_env.step(np.zeros((8, 3)))
        events += [event["name"] for event in info["events"]]
    assert pace() < 0.5
    assert "collision" not in events


def test_a_negative_start_among_idm_goes_on_where_its_history_ends(idm_env: gym.Env[Any, Any]) -> None:
    _, info = idm_env.reset(seed=0, options={"index": FOLLOWING, "negative_start": True})
    inner = idm_env.unwrapped
    assert isinstance(inner, ClosedLoopEnv)
    drive = inner._drive
    seen, now = drive.frames[-1].global_boxes, drive.boxes
    assert seen.track_tokens == now.track_tokens
    np.testing.assert_allclose(seen.xyz[:, :2], now.xyz[:, :2], atol=1e-9)
    steps = [np.hypot(*(b.global_boxes.xyz[:, :2] - a.global_boxes.xyz[:, :2]).T) for a, b in zip(drive.frames[-4:-1], drive.frames[-3:])]
    assert np.max(steps) < 15.0  # nobody jumps
    assert info["episode"]["negative_start"] is True


def test_bad_arguments_are_named(env: gym.Env[Any, Any]) -> None:
    with pytest.raises(ConfigError, match="seconds"):
        gym.make("driving/ClosedLoop-v0", seconds=0.1, disable_env_checker=True)
    with pytest.raises(ConfigError, match=r"traffic 'log-replay'.*known: idm, scene"):
        gym.make("driving/ClosedLoop-v0", traffic="log-replay", disable_env_checker=True)
    with pytest.raises(ConfigError, match="negative_start"):
        env.reset(seed=0, options={"index": 0, "negative_start": 1})
