"""The closed loop, in the toy environment and in ones that follow a script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest

from agents.baselines.expert import ExpertAgent
from agents.baselines.hold import HoldAgent
from harness.agent import Agent, Task
from harness.conformance.toy_env import ToyEnv
from harness.decision import Decision
from harness.env_maker import make_env
from harness.errors import AgentError, GauntletError, StaleFrameError
from harness.lazy import LazyDict
from harness.policy import Policy, PolicyAgent, Request, Response
from harness.rollout import Rollout, agent_seed, rollout
from harness.scenario import Scenario
from harness.thought import Point, Thought
from tests.harness.conftest import TOY

CHUNK = 8


def scenario(max_steps: int = 20, **fields: Any) -> Scenario:
    return Scenario(**{"env": TOY, "max_steps": max_steps, **fields})


def run(env: gym.Env[Any, Any], agent: Agent, max_steps: int = 20, recorders: Sequence[Any] = (), **fields: Any) -> Rollout:
    return rollout(scenario(max_steps, **fields), env, agent, agent_name="tester", recorders=recorders)


class ScriptedEnv(ToyEnv):
    """The toy environment that says what the script says, step by step: overrides of ``info``, the instruction, and how it ends."""

    def __init__(self, script: Mapping[int, Mapping[str, Any]]) -> None:
        super().__init__()
        self.script = script

    def reset(self, **arguments: Any) -> Any:
        observation, info = super().reset(**arguments)
        return self._said(observation), {**info, **self._now("info")}

    def step(self, action: Any) -> Any:
        observation, reward, _, _, info = super().step(action)
        return self._said(observation), reward, bool(self._now("terminated")), bool(self._now("truncated")), {**info, **self._now("info")}

    def _now(self, key: str) -> Any:
        return self.script.get(self.steps, {}).get(key, {})

    def _said(self, observation: dict[str, Any]) -> dict[str, Any]:
        told = [said["instruction"] for step, said in sorted(self.script.items()) if step <= self.steps and "instruction" in said]
        return {**observation, "instruction": told[-1]} if told else observation


class SuccessfulAt(ScriptedEnv):
    """Succeeds at exactly these steps."""

    def __init__(self, *steps: int) -> None:
        super().__init__({step: {"info": {"success": step in steps}} for step in range(100)})


class ChunkPolicy(Policy):
    """Chunks of 8 small moves; looks at every image it is sent."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.requests += requests
        return [Response(np.full((CHUNK, 2), 0.01 * (1 + r.step % 9)), Thought(subtask=f"chunk from {r.step}")) for r in requests]


class Watcher:
    """A recorder that looks at the camera, as a video does."""

    def __init__(self, look: bool = True) -> None:
        self.look, self.numbers, self.thoughts = look, [], []

    def begin(self, scenario: Scenario, observation: Mapping[str, Any], info: Mapping[str, Any]) -> None:
        self._look(observation)

    def step(
        self, number: int, observation: Mapping[str, Any], decision: Decision, thought: Thought | None, info: Mapping[str, Any]
    ) -> None:
        self.numbers.append(number)
        self.thoughts.append(thought.subtask if thought else None)
        self._look(observation)

    def _look(self, observation: Mapping[str, Any]) -> None:
        if self.look:
            assert observation["image"]["top"].shape == (64, 64, 3)


# How an episode ends


def test_ends_at_the_step_limit():
    trace = run(ToyEnv(), HoldAgent(), 7)
    assert len(trace.actions) == len(trace.rewards) == len(trace.success) == len(trace.progress) == len(trace.thoughts) == 7
    assert len(trace.states) == 8


@pytest.mark.parametrize(("hold", "steps"), [(0, 5), (1, 6), (3, 8), (None, 20)])
def test_stop_after_success(hold: int | None, steps: int):
    trace = run(SuccessfulAt(*range(5, 100)), HoldAgent(), stop_after_success=hold)
    assert len(trace.actions) == steps


def test_success_must_hold_without_a_gap():
    trace = run(SuccessfulAt(3, 4, 6, 7, 8), HoldAgent(), stop_after_success=2)
    assert len(trace.actions) == 8
    assert [k + 1 for k, good in enumerate(trace.success) if good] == [3, 4, 6, 7, 8]


@pytest.mark.parametrize("how", ["terminated", "truncated"])
def test_ends_with_the_environment(how: str):
    assert len(run(ScriptedEnv({4: {how: True}}), HoldAgent()).actions) == 4


# What is recorded


def test_states_actions_and_rewards_are_those_of_the_environment():
    trace = run(ToyEnv(), ExpertAgent(), seed=5)
    for before, action, after, reward in zip(trace.states, trace.actions, trace.states[1:], trace.rewards):
        assert np.array_equal(after["position"], np.clip(before["position"] + action, 0, 1).astype(np.float32))
        assert reward == -float(np.linalg.norm(after["goal"] - after["position"]))
    assert trace.control_hz == 10.0
    assert trace.instruction == "go to the green square"


def test_seed_and_options_reach_the_environment():
    class Curious(ToyEnv):
        def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
            self.told = (seed, options)
            return super().reset(seed=seed, options=options)

    env = Curious()
    run(env, HoldAgent(), 1, seed=42, options={"episode_id": 3})
    assert env.told == (42, {"episode_id": 3})


def test_instruction_changes():
    trace = run(ScriptedEnv({0: {"instruction": "a"}, 3: {"instruction": "b"}, 5: {"instruction": "a"}}), HoldAgent(), 8)
    assert trace.instruction == "a"
    assert trace.instruction_changes == [(3, "b"), (5, "a")]


def test_events_and_first_steps_of_subgoals():
    script = {
        0: {"info": {"subgoals": {"touched": True, "lifted": False}}},
        2: {
            "info": {
                "subgoals": {"touched": False, "lifted": True},
                "events": [{"name": "lifted", "step": 2, "detail": {"object": "cube"}}],
            }
        },
        3: {"info": {"subgoals": {"touched": True, "lifted": True, "placed": False}}},
    }
    trace = run(ScriptedEnv(script), HoldAgent(), 3)
    assert trace.subgoal_steps == {"touched": 0, "lifted": 2, "placed": None, "near": None}
    assert trace.events == [{"name": "lifted", "step": 2, "detail": {"object": "cube"}}]


def test_seconds_are_told_per_phase():
    trace = run(ToyEnv(), PolicyAgent(ChunkPolicy(), execute=CHUNK), 10, [Watcher()])
    assert all(set(row) == {"act", "step", "record", "render"} and min(row.values()) >= 0 for row in trace.seconds)
    assert sum(row[name] for row in trace.seconds for name in row) <= trace.total_seconds


def test_an_environment_may_reuse_its_buffers():
    class Thrifty(ToyEnv):
        def _observation(self) -> dict[str, Any]:
            observation = super()._observation()
            self.buffer = getattr(self, "buffer", np.zeros(2, np.float32))
            self.buffer[:] = self.position
            observation["state"]["position"] = self.buffer
            return observation

    trace, plain = run(Thrifty(), ExpertAgent()), run(ToyEnv(), ExpertAgent())
    assert all(np.array_equal(a["position"], b["position"]) for a, b in zip(trace.states, plain.states))


# Images are rendered when somebody looks


def test_a_blind_agent_renders_nothing():
    env = ToyEnv()
    run(env, ExpertAgent())
    assert env.frames_rendered == 0


def test_a_chunk_without_video_renders_one_frame():
    env, policy = ToyEnv(), ChunkPolicy()
    trace = run(env, PolicyAgent(policy, execute=CHUNK), 3 * CHUNK)
    assert env.frames_rendered == len(policy.requests) == 3
    assert [r.step for r in policy.requests] == [0, 8, 16]
    assert [k for k, thought in enumerate(trace.thoughts) if thought is not None] == [0, 8, 16]


def test_a_video_renders_one_frame_a_step_and_one_before():
    env = ToyEnv()
    run(env, PolicyAgent(ChunkPolicy(), execute=CHUNK), 3 * CHUNK, [Watcher(), Watcher()])
    assert env.frames_rendered == 3 * CHUNK + 1


def test_part_of_a_chunk_is_executed():
    env, policy = ToyEnv(), ChunkPolicy()
    trace = run(env, PolicyAgent(policy, execute=3), 7)
    assert [r.step for r in policy.requests] == [0, 3, 6]
    assert [round(float(a[0]), 2) for a in trace.actions] == [0.01] * 3 + [0.04] * 3 + [0.07]


def test_a_chunk_shorter_than_what_is_to_be_executed():
    class Short(ChunkPolicy):
        def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
            return [Response(r.actions[:2], r.thought) for r in super().infer(requests)]

    policy = Short()
    run(ToyEnv(), PolicyAgent(policy, execute=CHUNK), 6)
    assert [r.step for r in policy.requests] == [0, 2, 4]


def test_the_latest_thought_stays_visible_while_a_chunk_is_worked_off():
    watcher = Watcher()
    run(ToyEnv(), PolicyAgent(ChunkPolicy(), execute=CHUNK), CHUNK + 2, [watcher])
    assert watcher.numbers == list(range(1, CHUNK + 3))
    assert watcher.thoughts == ["chunk from 0"] * CHUNK + ["chunk from 8"] * 2


def test_the_first_payload_holds_what_the_agent_looked_at():
    assert set(run(ToyEnv(), PolicyAgent(ChunkPolicy()), 1).first_payload["image"]) == {"top"}
    blind = run(ToyEnv(), ExpertAgent(), 1).first_payload
    assert blind["image"] == {}
    assert set(blind["state"]) == {"position", "goal"}
    assert blind["instruction"] == "go to the green square"


def test_the_first_payload_is_the_same_with_a_video():
    assert run(ToyEnv(), ExpertAgent(), 1, [Watcher()]).first_payload["image"] == {}


def test_a_frame_kept_for_later_is_stale():
    class Late(HoldAgent):
        def act(self, observation: Any) -> Any:
            if hasattr(self, "kept"):
                self.kept["top"]
            self.kept = observation["image"]
            return super().act(observation)

    with pytest.raises(StaleFrameError):
        run(ToyEnv(), Late())


# What an agent is told


class Noting(Agent):
    """Holds still, and notes what it is told."""

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self.seed = seed

    def act(self, observation: Any) -> Any:
        self.seen = observation
        return np.zeros(2, np.float32)


class PrivilegedNoting(Noting):
    privileged: ClassVar[bool] = True


def test_truth_is_for_those_who_declare_it():
    plain, privileged = Noting(), PrivilegedNoting()
    run(ToyEnv(), plain, 1)
    run(ToyEnv(), privileged, 1)
    assert "privileged" not in plain.seen
    assert plain.task.scenario_id == ""
    assert privileged.seen["privileged"]["expert"]["subtask"] == "go to the goal"
    assert privileged.task.scenario_id == scenario(1).id


def test_task():
    agent = Noting()
    run(ToyEnv(), agent, 9)
    assert (agent.task.instruction, agent.task.control_hz, agent.task.max_steps) == ("go to the green square", 10.0, 9)
    assert agent.task.action_space == ToyEnv().action_space


def test_the_instruction_of_the_scenario_replaces_the_environments():
    agent = Noting()
    given = scenario(2, instruction="walk to the leaf")
    trace = rollout(given, make_env(given), agent)
    assert trace.instruction == agent.task.instruction == agent.seen["instruction"] == "walk to the leaf"
    assert trace.instruction_changes == []


def test_agent_seeds_come_from_content_and_run_alone():
    a, b = scenario(seed=0), scenario(seed=1)
    assert agent_seed(a, 0) == agent_seed(scenario(seed=0, tags={"task": "x"}), 0)
    assert len({agent_seed(a, 0), agent_seed(b, 0), agent_seed(a, 1), agent_seed(b, 1)}) == 4
    assert 0 <= agent_seed(a, 0) < 2**56


def test_the_agents_generator_starts_anew_each_episode():
    class Dice(Agent):
        def act(self, observation: Any) -> Any:
            return self.rng.uniform(-0.1, 0.1, 2).astype(np.float32)

    dice = Dice()
    first, other, again = (run(ToyEnv(), dice, seed=seed).actions for seed in (0, 1, 0))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_broken_action_ends_the_episode_with_name_and_step():
    class Breaks(Agent):
        steps = 0

        def act(self, observation: Any) -> Any:
            self.steps += 1
            return np.full(2, 0.0 if self.steps < 3 else np.nan)

    with pytest.raises(AgentError, match="agent tester, step 3"):
        run(ToyEnv(), Breaks())


def test_a_watchdog_is_told_each_phase():
    told: list[tuple[str, int]] = []
    rollout(scenario(2), ToyEnv(), HoldAgent(), phase=lambda name, step: told.append((name, step)))
    assert told == [("reset", 0), ("act", 1), ("step", 1), ("record", 1), ("act", 2), ("step", 2), ("record", 2)]


# Scores, truth and grounding


def test_truth_has_a_line_a_state_and_scores_are_the_last():
    script = {k: {"info": {"truth": {"gap": k / 2}, "scores": {"pdms": k / 10, "ttc": None, "nan": float("nan")}}} for k in range(4)}
    trace = run(ScriptedEnv(script), HoldAgent(), max_steps=3)
    assert [json.loads(line) for line in trace.truths] == [{"gap": k / 2} for k in range(4)]
    assert trace.scores == {"pdms": 0.3, "ttc": None, "nan": None}


def test_truth_is_written_down_at_once():
    """An environment may go on writing into the dictionary that it gave."""
    said: dict[str, Any] = {"seen": 0}

    class Reusing(ToyEnv):
        def step(self, action: Any) -> Any:
            observation, reward, terminated, truncated, info = super().step(action)
            said["seen"] = self.steps
            return observation, reward, terminated, truncated, {**info, "truth": said}

    assert run(Reusing(), HoldAgent(), max_steps=3).truths == ['{"seen": 1}', '{"seen": 2}', '{"seen": 3}']


def test_truth_that_is_no_data_is_named():
    with pytest.raises(GauntletError, match=r'info\["truth"\] at step 2 is no JSON data'):
        run(ScriptedEnv({2: {"info": {"truth": {"pose": np.zeros(3)}}}}), HoldAgent(), max_steps=3)
    assert run(ScriptedEnv({1: {"info": {"truth": {"gap": float("inf")}}}}), HoldAgent(), max_steps=1).truths == ['{"gap": null}']


class Pointer(Agent):
    """Thinks at every second step, and points at the goal."""

    def act(self, observation: Any) -> Decision:
        self.steps = getattr(self, "steps", 0) + 1
        goal = observation["state"]["goal"] * 63
        thought = Thought(points=(Point(float(goal[0]), float(goal[1]), "goal", "top"),)) if self.steps % 2 else None
        return Decision(np.zeros((1, 2), np.float32), thought)


class MaskedEnv(ToyEnv):
    """The toy environment with masks, and a count of how often they were made."""

    masks_made = 0

    def _info(self) -> dict[str, Any]:
        info = super()._info()
        masks = LazyDict({"top": self._masks})
        return {**info, "privileged": LazyDict({"masks": lambda: masks})}

    def _masks(self) -> Any:
        self.masks_made += 1
        labels = np.zeros((64, 64), np.int32)
        x, y = (self.goal * 63).astype(int)
        labels[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = 1
        return {"labels": labels, "names": {1: "goal"}}


def test_grounding_is_looked_up_at_new_thoughts_only():
    env = MaskedEnv()
    trace = rollout(scenario(5), env, Pointer(), grounding=True)
    assert env.masks_made == 3
    assert [None if g is None else g["points"][0]["object"] for g in trace.grounding] == ["goal", None, "goal", None, "goal"]
    without = MaskedEnv()
    assert rollout(scenario(5), without, Pointer()).grounding == [None] * 5
    assert without.masks_made == 0
