"""Episodes side by side: each is what a single environment gives, bit for bit, whoever else is in the batch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList
from numpy.typing import NDArray

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler import bench_parallel
from envs.manipulation.simpler.bench import main
from envs.manipulation.simpler.make import make_simpler, make_simpler_vector
from envs.manipulation.simpler.vector import SimplerVectorEnv
from envs.manipulation.simpler.widowx import CAMERA
from envs.manipulation.simpler.worker_process import WorkerGoneError, WorkerProcess
from envs.registration import register_envs
from harness.errors import AgentError, ConfigError, StaleFrameError

pytestmark = pytest.mark.sim

SEEDS = [0, 3, 11]
OPTIONS = [{"episode_id": 5}, None, {"layout": "random"}]
STILL = np.zeros((3, 7), np.float32)


def actions(num_envs: int, steps: int) -> NDArray[np.float32]:
    """(steps, n, 7)"""
    return np.random.default_rng(1).uniform(-0.03, 0.03, (steps, num_envs, 7)).astype(np.float32)


def seen(observation: dict[str, Any], info: dict[str, Any], picture: bool) -> list[Any]:
    """Everything that a single environment says, comparable. Bytes, so that equal is equal in every bit."""
    (camera,) = observation["image"]
    out: list[Any] = [observation["instruction"], *((name, value.tobytes()) for name, value in observation["state"].items())]
    out += [(key, value) for key, value in info.items() if key != "privileged"]
    out += [(name, truth["pose"].tobytes(), truth["role"]) for name, truth in info["privileged"]["objects"].items()]
    out += [(name, value.tobytes()) for name, value in info["privileged"]["cameras"][camera].items() if name != "size"]
    if picture:
        out += [observation["image"][camera].tobytes(), info["privileged"]["masks"][camera]["labels"].tobytes()]
    return out


def one_of(index: int, observations: dict[str, Any], infos: dict[str, Any], pictures: bool) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Sub-environment ``index`` of a batch, as a single environment would say it."""
    image = {camera: observations["image"][camera][index] if pictures else None for camera in observations["image"]}
    state = {name: value[index] for name, value in observations["state"].items()}
    info = {key: value[index] for key, value in infos.items() if not key.startswith("_") and infos[f"_{key}"][index]}
    return {"image": image, "state": state, "instruction": observations["instruction"][index]}, info, pictures


def assert_as_single(
    many: SimplerVectorEnv, one: ManipulationEnv, seeds: list[int], options: list[dict[str, Any] | None], steps: int
) -> None:
    """Pictures at the reset and at the end; all else at every step."""
    rows = actions(many.num_envs, steps)
    told = [many.reset(seed=seeds, options=options)]
    batches = [[seen(*one_of(index, *told[0], pictures=True)) for index in range(many.num_envs)]]
    rewards: list[Any] = []
    for step, row in enumerate(rows):
        observation, reward, terminated, truncated, info = many.step(row)
        assert not terminated.any()
        assert not truncated.any()
        rewards.append(reward.tolist())
        batches.append([seen(*one_of(index, observation, info, step == steps - 1)) for index in range(many.num_envs)])
    for index, (seed, own) in enumerate(zip(seeds, options)):
        observation, info = one.reset(seed=seed, options=own)
        assert batches[0][index] == seen(observation, info, True), f"reset of {index}"
        for step, row in enumerate(rows):
            observation, reward, _, _, info = one.step(row[index])
            assert rewards[step][index] == reward
            assert batches[step + 1][index] == seen(observation, info, step == steps - 1), f"step {step} of {index}"


@pytest.fixture(scope="module")
def carrots(assets: Path) -> Iterator[SimplerVectorEnv]:
    """Three episodes in two processes, made as everybody makes one."""
    register_envs()
    env = gym.make_vec("simpler/PutCarrotOnPlate-v0", num_envs=3, workers=2, assets=assets)
    assert isinstance(env, SimplerVectorEnv)
    yield env
    env.close()


def test_in_processes_each_is_a_single_environment_bit_for_bit(carrots: SimplerVectorEnv, carrot: ManipulationEnv) -> None:
    assert_as_single(carrots, carrot, SEEDS, OPTIONS, steps=5)
    pids = {host._process.pid for host in carrots._hosts if isinstance(host, WorkerProcess)}
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_in_one_process_too_and_the_google_robot(assets: Path) -> None:
    task = "PlaceIntoClosedTopDrawer"
    one = make_simpler(task, assets)
    many = make_simpler_vector(task, assets, num_envs=2, workers=0)
    poses: list[dict[str, Any] | None] = [{"pose": "a0", "model": "baked_apple_v2"}, {"pose": "c0"}]
    assert_as_single(many, one, [4, 9], poses, steps=3)
    many.reset(seed=4)
    assert many.advance_subtask(np.array([False, True])).tolist() == [False, True], "only where it is asked for"
    instructions = many.step(np.zeros((2, 7), np.float32))[0]["instruction"]
    assert instructions[0].startswith("open")
    assert instructions[1].startswith("place")
    assert many.advance_subtask().tolist() == [True, False], "there is no third instruction"
    many.close()
    one.close()


def test_spaces_and_metadata_are_those_of_gymnasium(carrots: SimplerVectorEnv) -> None:
    observation, info = carrots.reset(seed=0)
    assert carrots.observation_space.contains(observation)
    assert carrots.action_space.shape == (3, 7)
    assert observation["image"][CAMERA].shape == (3, 480, 640, 3)
    assert observation["image"][CAMERA].dtype == np.uint8
    assert observation["instruction"] == ("put carrot on plate",) * 3
    assert info["success"].dtype == np.bool_
    assert info["progress"].dtype == np.float64
    assert carrots.metadata["autoreset_mode"] is AutoresetMode.DISABLED
    assert carrots.metadata["control_hz"] == 5
    assert carrots.spec is not None
    assert carrots.spec.id == "simpler/PutCarrotOnPlate-v0"
    assert [frame.shape for frame in carrots.render()] == [(480, 640, 3)] * 3


def test_gymnasium_makes_a_list_of_the_infos(carrots: SimplerVectorEnv) -> None:
    _, infos = DictInfoToList(carrots).reset(seed=2)
    assert [info["episode"]["episode_id"] for info in infos] == [2, 3, 4]
    assert set(infos[1]["privileged"]["objects"]) == {"carrot", "plate"}
    assert infos[0]["privileged"]["expert"]["action"].shape == (7,)


def test_nothing_is_rendered_unless_somebody_looks(carrots: SimplerVectorEnv) -> None:
    carrots.reset(seed=0)
    before = np.array(carrots.call("frames_rendered"))
    observation = carrots.step(STILL)[0]
    assert (np.array(carrots.call("frames_rendered")) == before).all()
    first = observation["image"][CAMERA]
    assert observation["image"][CAMERA] is first
    assert (np.array(carrots.call("frames_rendered")) == before + 1).all(), "looking twice renders once"
    late, _, _, _, info = carrots.step(STILL)
    carrots.step(STILL)
    for lazy, key in ((late["image"], CAMERA), (info["privileged"][1], "objects")):
        with pytest.raises(StaleFrameError, match="the simulator has moved on"):
            lazy[key]


def test_an_episode_can_begin_while_the_others_go_on(carrots: SimplerVectorEnv) -> None:
    carrots.reset(seed=0, options={"episode_id": 1})
    before = carrots.step(actions(3, 1)[0])[0]["state"]
    observation, info = carrots.reset(
        seed=5, options={"reset_mask": np.array([False, True, False]), "each": [None, {"episode_id": 9}, None]}
    )
    assert [facts["episode_id"] for facts in info["episode"]] == [1, 9, 1]
    for name, value in observation["state"].items():
        assert (value[[0, 2]] == before[name][[0, 2]]).all()
    assert (observation["state"]["qpos"][1] != before["qpos"][1]).any()
    assert observation["image"][CAMERA].shape[0] == 3, "all can be looked at"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (np.zeros((2, 7)), r"actions of shape \(2, 7\) for 3 sub-environments \[give shape \(3, 7\)"),
        (np.zeros(7), r"actions of shape \(7,\)"),
        ([[0.0] * 7, [0.0] * 7, [0.0] * 6], "type list, which are no array of numbers"),
        (None, "for 3 sub-environments|no array"),
        (np.where(np.arange(21).reshape(3, 7) == 15, np.nan, 0), "sub-environment 2: not an action"),
        (np.where(np.arange(21).reshape(3, 7) == 8, np.inf, 0), "sub-environment 1: not an action"),
    ],
)
def test_a_wrong_batch_of_actions_moves_nothing(carrots: SimplerVectorEnv, wrong: Any, error: str) -> None:
    carrots.reset(seed=0)
    with pytest.raises(AgentError, match=error):
        carrots.step(wrong)
    with_error = carrots.step(actions(3, 1)[0])[0]["state"]["qpos"]
    carrots.reset(seed=0)
    assert (carrots.step(actions(3, 1)[0])[0]["state"]["qpos"] == with_error).all()


def test_a_wrong_option_names_its_sub_environment(carrots: SimplerVectorEnv) -> None:
    carrots.reset(seed=0)
    with pytest.raises(ConfigError, match=r"sub-environment 1: PutCarrotOnPlate has no episode_id 99 \[it has 0 to 23"):
        carrots.reset(seed=0, options=[None, {"episode_id": 99}, None])
    with pytest.raises(ResetNeeded, match="sub-environment 1 has no episode"):
        carrots.step(STILL)
    with pytest.raises(ConfigError, match=r"sub-environment 0 \(and 2 more\): .*no reset option 'episode'"):
        carrots.reset(options={"episode": 1})
    carrots.reset(seed=0)
    carrots.step(STILL)


def test_a_worker_that_dies_costs_its_episodes_alone(carrots: SimplerVectorEnv) -> None:
    first = carrots.reset(seed=SEEDS)[0]["state"]["qpos"]
    host = carrots._hosts[1]
    assert isinstance(host, WorkerProcess)
    assert host.indices == (1,)
    pid = host._process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerGoneError, match="sub-environment 1: its process was killed by SIGKILL"):
        carrots.step(STILL)
    with pytest.raises(ResetNeeded, match="sub-environment 1 "):
        carrots.step(STILL)
    observation, _ = carrots.reset(seed=SEEDS, options={"reset_mask": np.array([False, True, False])})
    assert (observation["state"]["qpos"][1] == first[1]).all()
    assert (observation["state"]["qpos"][[0, 2]] != first[[0, 2]]).any(), "the others have made the step"
    carrots.step(STILL)


def test_ctrl_c_between_question_and_answer_does_no_harm(carrots: SimplerVectorEnv) -> None:
    carrots.reset(seed=0)
    host = carrots._hosts[0]
    assert isinstance(host, WorkerProcess)
    assert host._process.pid is not None
    host.ask("picture", dict.fromkeys(host.indices, (CAMERA,)))  # an answer that nobody waits for
    os.kill(host._process.pid, signal.SIGINT)  # a terminal sends it to all of its processes
    assert carrots.call("frames_rendered")[0] >= 1
    assert carrots.step(STILL)[0]["state"]["qpos"].shape[0] == 3


def test_what_fails_in_a_worker_keeps_its_traceback(carrots: SimplerVectorEnv) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)sub-environment 0 \(and 2 more\) failed:.*AttributeError.*no_such_thing"):
        carrots.call("no_such_thing")
    with pytest.raises(RuntimeError, match=r"(?s)sub-environment 0.*pickle"):
        carrots.call("task")


def test_a_step_limit_and_closing(assets: Path) -> None:
    env = make_simpler_vector("PutCarrotOnPlate", assets, num_envs=2, workers=0, max_episode_steps=2)
    with pytest.raises(ResetNeeded, match="sub-environment 0 has no episode"):
        env.step(STILL[:2])
    with pytest.raises(ResetNeeded, match="sub-environment 1 has no episode"):
        env.reset(options={"reset_mask": np.array([True, False])})
    env.reset(seed=0)
    assert env.step(STILL[:2])[3].tolist() == [False, False]
    env.reset(seed=0, options={"reset_mask": np.array([False, True])})
    observation, _, _, truncated, _ = env.step(STILL[:2])
    assert truncated.tolist() == [True, False]
    env.close()
    env.close()
    with pytest.raises(StaleFrameError):
        observation["image"][CAMERA]
    with pytest.raises(ClosedEnvironmentError):
        env.step(STILL[:2])


def test_what_a_worker_cannot_make_is_told(assets: Path) -> None:
    with pytest.raises(ConfigError, match=r"sub-environment 0 \(and 1 more\): unknown shader 'defalut' \[did you mean default"):
        make_simpler_vector("PutCarrotOnPlate", assets, num_envs=2, workers=1, shader="defalut")


def test_a_script_without_a_main_guard_is_told_so(assets: Path, tmp_path: Path) -> None:
    script = tmp_path / "evaluate.py"
    script.write_text(
        f"from envs.manipulation.simpler.make import make_simpler_vector\nmake_simpler_vector('PutCarrotOnPlate', {str(assets)!r}, num_envs=2)\n"
    )
    ran = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, cwd=Path(__file__).parents[4], env={**os.environ, "PYTHONPATH": "."}
    )
    assert ran.returncode == 1
    assert 'put what the script does under `if __name__ == "__main__":`' in ran.stderr
    assert "its process exited with code 1 while it started" in ran.stderr


def test_environments_of_gymnasium_make_step_without_anybody_looking(assets: Path) -> None:
    """gymnasium's passive checker would look at what is over."""
    register_envs()
    env = gym.make("simpler/PutCarrotOnPlate-v0", assets=assets)
    env.reset(seed=0)
    for _ in range(2):
        env.step(STILL[0])
    env.close()


def test_the_bench_tells_both_rates(assets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench_parallel, "TURNS", 2)
    monkeypatch.setattr(bench_parallel, "ROUNDS", 1)
    main(["--num-envs", "2", "--workers", "0", "--task", "PutCarrotOnPlate", "--assets", str(assets)])
    title, heads, *rows = capsys.readouterr().out.splitlines()
    assert "2 episodes side by side, in this process" in title
    assert heads.split()[:2] == ["task", "measure"]
    figures = {row[29:51].strip(): [float(figure) for figure in row[51:].split()] for row in rows}
    assert set(figures) == {"step", "step and image"}
    for one, many, times, *_ in figures.values():
        assert times == pytest.approx(many / one, rel=0.02)
    assert figures["step"][0] > figures["step and image"][0] > 0
