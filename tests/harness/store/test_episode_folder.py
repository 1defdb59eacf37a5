"""An episode on disk: whole, checked, and the same numbers that were run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from agents.baselines.expert import NoisyExpertAgent
from harness.agent import Task
from harness.conformance.toy_env import ToyEnv
from harness.decision import Decision
from harness.environment import Observation
from harness.episode import Episode
from harness.errors import StoreError
from harness.rollout import Rollout, rollout
from harness.scenario import Scenario
from harness.store import read_steps, read_truth, verify_episode, write_episode
from harness.store.episode_folder import read_episode
from harness.thought import Point, Thought
from tests.harness.conftest import TOY

SCENARIO = Scenario(env=TOY, seed=1, max_steps=9)


class Thinker(NoisyExpertAgent):
    """Thinks at every third step, and looks at the camera then."""

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self.steps = 0

    def act(self, observation: Observation) -> Decision:
        decision, self.steps = super().act(observation), self.steps + 1
        if self.steps % 3 != 1:
            return Decision(decision.actions)
        brightness = float(observation["image"]["top"].mean())
        return Decision(
            decision.actions, Thought(reasoning="héllo", points=(Point(brightness, 2.0, "goal", "top"),), seconds={"encode": 0.25})
        )


@pytest.fixture
def trace() -> Rollout:
    return rollout(SCENARIO, ToyEnv(), Thinker())


@pytest.fixture
def episode() -> Episode:
    return Episode(scenario_id=SCENARIO.id, scenario=SCENARIO, agent="thinker", agent_seed=0, outcome="failure", steps=9)


@pytest.fixture
def folder(tmp_path: Path, episode: Episode, trace: Rollout) -> Path:
    folder = tmp_path / SCENARIO.id
    write_episode(folder, episode, trace)
    return folder


def test_steps_read_back_equal_what_was_run(folder: Path, trace: Rollout):
    steps = read_steps(folder)
    assert steps["action"].dtype == steps["state.position"].dtype == np.float32
    assert np.array_equal(steps["action"], np.stack(trace.actions))
    for name in ("position", "goal"):
        assert np.array_equal(steps[f"state.{name}"], np.stack([state[name] for state in trace.states]))
    assert steps["state.position"].shape == (10, 2)
    assert steps["reward"].tolist() == trace.rewards
    assert steps["success"].tolist() == trace.success
    assert steps["progress"].tolist() == trace.progress
    assert [t and Thought.from_json(t) for t in steps["thought"]] == [t and Thought(t.reasoning, points=t.points) for t in trace.thoughts]
    assert [k for k, t in enumerate(steps["thought"]) if t] == [0, 3, 6]
    assert steps["seconds.stages"] == [{"encode": 0.25} if t else None for t in trace.thoughts]
    for phase in ("act", "step", "render", "record"):
        assert steps[f"seconds.{phase}"].tolist() == [row[phase] for row in trace.seconds]


def test_rows_are_states_and_the_first_has_no_action(folder: Path):
    table = pq.read_table(folder / "steps.parquet")
    assert table.column("step").to_pylist() == list(range(10))
    for name in ("action", "reward", "success", "progress", "thought", "seconds.act"):
        assert table.column(name)[0].as_py() is None
    assert table.column("state.position").null_count == 0


def test_shapes_of_more_than_one_dimension_come_back(tmp_path: Path, episode: Episode, trace: Rollout):
    trace.actions = [np.arange(24, dtype=np.float32).reshape(8, 3) + k for k in range(len(trace.actions))]
    trace.states = [{"pose": np.eye(4, dtype=np.float32) * k, "one": np.float32(k) * np.ones(())} for k in range(len(trace.states))]
    write_episode(tmp_path / "wide", episode, trace)
    steps = read_steps(tmp_path / "wide")
    assert np.array_equal(steps["action"], np.stack(trace.actions))
    assert np.array_equal(steps["state.pose"], np.stack([s["pose"] for s in trace.states]))
    assert steps["state.one"].shape == (10,)


def test_step0_is_what_the_agent_got(folder: Path, trace: Rollout):
    env = ToyEnv()
    observation, _ = env.reset(seed=SCENARIO.seed)
    with np.load(folder / "step0.npz", allow_pickle=False) as payload:
        assert set(payload.files) == {"image/top", "state/position", "state/goal", "instruction"}
        assert np.array_equal(payload["image/top"], observation["image"]["top"])
        assert np.array_equal(payload["state/position"], observation["state"]["position"])
        assert str(payload["instruction"]) == "go to the green square"


def test_checksums_are_those_of_sha256sum(folder: Path):
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["SHA256SUMS", "episode.json", "step0.npz", "steps.parquet"]
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(": OK") == 3
    (folder / "step0.npz").write_bytes(b"other")
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True).returncode != 0


def test_round_trip(folder: Path, episode: Episode):
    assert verify_episode(folder) == episode


def test_without_a_trace(tmp_path: Path, episode: Episode):
    write_episode(tmp_path / "error", episode, None)
    assert verify_episode(tmp_path / "error") == episode
    assert not (tmp_path / "error" / "steps.parquet").exists()


@pytest.mark.parametrize("name", ["episode.json", "steps.parquet", "step0.npz"])
def test_damage_is_named(folder: Path, name: str):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(StoreError, match=f"{name} does not match its checksum"):
        verify_episode(folder)
    (folder / name).unlink()
    with pytest.raises(StoreError, match=f"{name} is missing"):
        verify_episode(folder)


@pytest.mark.parametrize("sums", [None, b"", b"\xff\xfe\x00rubbish\n", b"0123  ../../../etc/passwd\n", b"cut"])
def test_damaged_checksums(folder: Path, sums: bytes | None):
    if sums is None:
        (folder / "SHA256SUMS").unlink()
    else:
        (folder / "SHA256SUMS").write_bytes(sums)
    with pytest.raises(StoreError):
        verify_episode(folder)


def test_another_schema_version(tmp_path: Path, episode: Episode):
    write_episode(tmp_path / "old", episode, None)
    record = json.loads((tmp_path / "old" / "episode.json").read_text())
    (tmp_path / "old" / "episode.json").write_text(json.dumps({**record, "schema_version": "0.9"}))
    digest = subprocess.run(["sha256sum", "episode.json"], cwd=tmp_path / "old", capture_output=True, text=True, check=True).stdout
    (tmp_path / "old" / "SHA256SUMS").write_text(digest)
    with pytest.raises(StoreError, match=r"schema_version.*another version"):
        verify_episode(tmp_path / "old")


def test_truth_and_grounding_read_back(tmp_path: Path, episode: Episode, trace: Rollout):
    trace.truths = [json.dumps({"gap": k}) for k in range(10)]
    trace.grounding = [{"points": [{"object": "goal"}], "boxes": []} if t else None for t in trace.thoughts]
    write_episode(tmp_path / "known", episode.model_copy(update={"scores": {"pdms": 0.5, "ttc": None}}), trace)
    assert verify_episode(tmp_path / "known").scores == {"pdms": 0.5, "ttc": None}
    assert read_truth(tmp_path / "known") == [{"gap": k} for k in range(10)]
    assert read_steps(tmp_path / "known")["grounding"] == trace.grounding
    (tmp_path / "known" / "truth.jsonl").write_text('{"gap"')
    with pytest.raises(StoreError, match=r"truth.jsonl is damaged"):
        read_truth(tmp_path / "known")


def test_a_record_of_schema_1_0_is_read(folder: Path, episode: Episode):
    record = json.loads((folder / "episode.json").read_text())
    record["schema_version"] = "1.0"
    del record["scores"]
    (folder / "episode.json").write_text(json.dumps(record))
    old = read_episode(folder)
    assert (old.schema_version, old.scores, old.outcome) == ("1.0", {}, episode.outcome)
    assert read_truth(folder) == []
    assert "grounding" not in read_steps(folder)
