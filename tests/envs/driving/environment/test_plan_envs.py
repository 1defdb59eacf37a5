"""The environments that ask for one plan a scene give the official scores, and keep the harness' contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import envs
from envs.driving.environment.base import DrivingEnv
from envs.driving.errors import DataError
from harness.conformance.env_check import check_env
from harness.errors import AssetsError, ConfigError, StaleFrameError

assert envs  # registers the ids
SHORT = {"nc": "nc", "dac": "dac", "ddc": "ddc", "tlc": "tlc", "ep": "ep", "ttc": "ttc", "lk": "lk", "hc": "hc"}


def _make(env_id: str, folder: Path, **kwargs: Any) -> gym.Env[Any, Any]:
    return gym.make(env_id, source="navsim", data=str(folder), cameras=kwargs.pop("cameras", []), disable_env_checker=True, **kwargs)


def _official(folder: Path, name: str, token: str, slot: int) -> dict[str, float | None]:
    content = json.loads((folder / name).read_text())
    scene = content["scenes"][token]
    columns = content["columns"]
    return dict(zip(columns, scene["rows"][slot], strict=True))


@pytest.mark.parametrize("traffic", ["log-replay", "reactive"])
def test_pdm_v2_gives_the_official_sub_scores(small_folder: Path, traffic: str) -> None:
    file = "official_v2_log_replay.json" if traffic == "log-replay" else "official_v2_reactive.json"
    env = _make("navsim/PDM-v2", small_folder, traffic=traffic)
    trajectories = json.loads((small_folder / "trajectories.json").read_text())
    compared = 0
    for token, slots in trajectories.items():
        if len(token) == 17:
            continue
        for number, slot in enumerate(slots):
            if len(slot["poses"]) != 8:
                continue
            _, info = env.reset(seed=0, options={"token": token})
            assert info["scores"]["epdms"] is None
            assert info["success"] is False
            _, reward, terminated, truncated, info = env.step(np.array(slot["poses"]))
            assert (terminated, truncated) == (True, False)
            official = _official(small_folder, file, token, number)
            for name, column in SHORT.items():
                if info["scores"][name] is not None:
                    assert info["scores"][name] == pytest.approx(official[column], abs=1e-6), (token, slot["name"], name)
            assert reward == info["progress"] == info["scores"]["epdms"]
            compared += 1
    assert compared >= 10


def test_two_stage_gives_the_official_aggregate(parity_folder: Path) -> None:
    official = json.loads((parity_folder / "official_v2_two_stage.json").read_text())
    trajectories = json.loads((parity_folder / "trajectories.json").read_text())
    env = _make("navsim/TwoStage-v2", parity_folder)
    for name in ("human", "noisy_human", "stationary"):
        totals: list[dict[str, Any]] = []
        for index in range(len(official["mapping"])):
            _, info = env.reset(seed=0, options={"index": index})
            done = False
            while not done:
                slot = next(each for each in trajectories[info["privileged"]["token"]] if each["name"] == name)
                _, _, done, _, info = env.step(np.array(slot["poses"]))
            totals.append(dict(info["scores"]))
            assert info["episode"]["loop"] == "pseudo closed"
        agent = official["agents"][name]
        assert np.mean([each["epdms"] for each in totals]) == pytest.approx(agent["combined"], abs=1e-6)
        for stage, column in (("stage_one", "stage1"), ("stage_two", "stage2")):
            for short, long in (
                ("nc", "no_at_fault_collisions"),
                ("ep", "ego_progress"),
                ("ec", "two_frame_extended_comfort"),
                ("score", "score"),
            ):
                mean = np.mean([each[f"{column}_{short}"] for each in totals])
                assert mean == pytest.approx(agent[stage][long], abs=1e-6), (name, column, short)


@pytest.mark.sim
@pytest.mark.parametrize(
    "env_id", [pytest.param("navsim/PDM-v1", marks=pytest.mark.slow), "navsim/PDM-v2", "navsim/TwoStage-v2", "driving/ClosedLoop-v0"]
)
def test_the_contract_is_kept(env_id: str) -> None:
    findings = check_env(env_id, {"camera_size": [64, 36]}, {"index": 2})
    assert not [finding for finding in findings if finding.level == "broken"], findings


def test_the_privileged_plans_are_plans_and_the_best_one_wins(small_folder: Path) -> None:
    env = _make("navsim/PDM-v2", small_folder)
    _, info = env.reset(seed=0, options={"index": 0})
    privileged = info["privileged"]
    plans = {name: np.asarray(privileged[name]) for name in ("pdm_closed", "human", "idm")}
    assert {plan.shape for plan in plans.values()} == {(8, 3)}
    assert privileged["expert"]["action"].tobytes() == plans["pdm_closed"].tobytes()
    assert set(privileged["objects"])
    scores = {}
    for name, plan in {**plans, "reverse": np.column_stack([-np.arange(1.0, 9.0), np.zeros((8, 2))])}.items():
        env.reset(seed=0, options={"index": 0})
        scores[name] = env.step(plan)[1]
    assert scores["reverse"] < min(scores["pdm_closed"], scores["human"], scores["idm"])


def test_standing_still_loses_no_gate_and_is_no_success(small_folder: Path) -> None:
    env = _make("navsim/PDM-v2", small_folder)
    env.reset(seed=0, options={"index": 0})
    _, _, _, _, info = env.step(np.zeros((8, 3)))
    assert all(info["subgoals"].values())
    assert info["scores"]["ep"] < 0.5
    assert info["success"] is False


def test_info_is_plain_data_and_views_expire(small_folder: Path) -> None:
    env = _make("navsim/PDM-v2", small_folder)
    _, info = env.reset(seed=0, options={"index": 1})
    json.dumps([info["truth"], info["scores"], info["episode"]], allow_nan=False)
    assert info["truth"]["ego"]["speed"] >= 0
    assert info["views"]["bev"].shape == (480, 480, 3)
    _, info = env.reset(seed=0, options={"index": 1})
    env.step(np.zeros((8, 3)))
    with pytest.raises(StaleFrameError):
        info["views"]["bev"]


def test_bad_arguments_are_named(small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kwargs, named in (
        ({"version": "v3"}, "v3"),
        ({"version": "v1", "traffic": "reactive"}, "reactive"),
        ({"cameras": ["CAM_X"]}, "CAM_X"),
        ({"camera_size": [8, 8], "cameras": ["CAM_F0"]}, "too small"),
    ):
        with pytest.raises(ConfigError, match=named):
            _make("navsim/PDM-v2", small_folder, **kwargs)
    env = _make("navsim/PDM-v2", small_folder)
    for options, named in (({"indx": 1}, "indx"), ({"weather": "snow"}, "snow"), ({"index": 10**6}, "1000000"), ({"index": -1}, "-1")):
        with pytest.raises(ConfigError, match=named):
            env.reset(seed=0, options=options)
    with pytest.raises(ConfigError, match="synht"):
        gym.make("navsim/PDM-v2", source="synht", disable_env_checker=True)
    with pytest.raises(ConfigError, match="tset"):
        gym.make("navsim/PDM-v2", split="tset", disable_env_checker=True)
    monkeypatch.delenv("GAUNTLET_NAVSIM_DATA", raising=False)
    with pytest.raises(AssetsError, match="GAUNTLET_NAVSIM_DATA"):
        gym.make("navsim/PDM-v2", source="navsim", disable_env_checker=True).reset(seed=0)


def test_a_partial_download_stops_unless_it_is_wanted(copied: Path) -> None:
    index = copied / "index.json"
    content = json.loads(index.read_text())
    content["tokens"] = [*content["tokens"], "0123456789abcdef"]
    index.write_text(json.dumps(content))
    with pytest.raises(AssetsError, match="7 of 8 scenes present"):
        _make("navsim/PDM-v2", copied).reset(seed=0, options={"index": 0})
    _, info = _make("navsim/PDM-v2", copied, partial=True).reset(seed=0, options={"index": 0})
    assert info["episode"]["token"] == content["tokens"][0]


def test_a_published_split_without_its_list_says_where_to_put_it(small_folder: Path) -> None:
    with pytest.raises(DataError, match=r"navtest\.yaml"):
        _make("navsim/PDM-v2", small_folder, split="navtest").reset(seed=0)


def test_an_environment_that_lacks_a_part_cannot_be_made() -> None:
    class Blind(DrivingEnv):
        @staticmethod
        def control_rate() -> float:
            return 2.0

    def made(kind: type[DrivingEnv]) -> DrivingEnv:
        return kind()

    with pytest.raises(TypeError, match=r"begin.*describe.*observe.*render"):
        made(Blind)
