"""The closed loop: one scenario, one environment, one agent, one episode."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol, cast

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from harness.agent import Agent, Task
from harness.decision import ActionGuard, Decision
from harness.environment import Event, Observation
from harness.errors import GauntletError
from harness.grounding import ground
from harness.lazy import LazyDict
from harness.scenario import Scenario
from harness.thought import Thought, without_nan

Phase = Callable[[str, int], None]  # (phase, step): tells a watchdog what is being done


class Recorder(Protocol):
    """Is shown each step as it happens. Looking at an image renders it."""

    def begin(self, scenario: Scenario, observation: Mapping[str, Any], info: Mapping[str, Any]) -> None: ...

    def step(
        self, number: int, observation: Mapping[str, Any], decision: Decision, thought: Thought | None, info: Mapping[str, Any]
    ) -> None:
        """After control step ``number`` (from 1): the observation it led to, the decision that led to it, the latest thought."""
        ...


@dataclass
class Rollout:
    """What the loop saw, step by step; row k belongs to control step k + 1 (the action taken in state k, and the state that it led to)."""

    agent_seed: int
    instruction: str = ""
    control_hz: float = 0.0
    states: list[dict[str, np.ndarray]] = field(default_factory=list)  # steps + 1 rows: the first is the state after reset
    actions: list[np.ndarray] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    success: list[bool] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)
    thoughts: list[Thought | None] = field(default_factory=list)
    grounding: list[dict[str, Any] | None] = field(default_factory=list)  # of each step's thought: harness.grounding.ground
    truths: list[str] = field(default_factory=list)  # steps + 1 lines of JSON, or none: info["truth"] of each state
    scores: dict[str, float | None] = field(default_factory=dict)
    seconds: list[dict[str, float]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    subgoal_steps: dict[str, int | None] = field(default_factory=dict)
    instruction_changes: list[tuple[int, str]] = field(default_factory=list)
    info: Mapping[str, Any] = field(default_factory=dict)  # of the last step
    first_payload: dict[str, Any] = field(default_factory=dict)  # the step-0 observation, as far as the agent looked
    clipped: int = 0
    reset_seconds: float = 0.0
    total_seconds: float = 0.0


def agent_seed(scenario: Scenario, run_seed: int) -> int:
    """The agent's seed: from the scenario's content and the run's seed alone, so that no order or worker changes it."""
    return int.from_bytes(hashlib.sha256(f"{scenario.id}/{run_seed}".encode()).digest()[:7], "big")


def rollout(
    scenario: Scenario,
    env: gym.Env[Any, Any],
    agent: Agent,
    *,
    agent_name: str = "agent",
    run_seed: int = 0,
    clip: bool = False,
    grounding: bool = False,
    recorders: Sequence[Recorder] = (),
    phase: Phase = lambda name, step: None,
) -> Rollout:
    """Run ``scenario`` from reset to its step limit, termination, or the end of its success hold.

    ``grounding``: look up what each thought points at (:func:`harness.grounding.ground`), which renders masks.

    Raises whatever the environment or the agent raises; a broken action is an :class:`harness.errors.AgentError`.
    """
    began = perf_counter()
    trace = Rollout(agent_seed(scenario, run_seed))
    phase("reset", 0)
    observation, info = env.reset(seed=scenario.seed, options=dict(scenario.options))
    render = _RenderClock()
    observation = render.watch(observation)
    trace.instruction = observation["instruction"]
    trace.control_hz = float(env.unwrapped.metadata.get("control_hz", 0.0))
    space = cast(spaces.Box, env.action_space)  # the contract; `gauntlet check-env` tests it
    guard = ActionGuard(space, agent_name, clip)
    privileged = getattr(agent, "privileged", False)  # an agent need not derive from ours
    agent.reset(
        Task(trace.instruction, space, trace.control_hz, scenario.max_steps, scenario.id if privileged else ""),
        trace.agent_seed,
    )
    _note(trace, 0, observation, info)
    for recorder in recorders:
        recorder.begin(scenario, observation, info)
    trace.reset_seconds = perf_counter() - began

    thought: Thought | None = None
    held = 0  # steps for which success has held
    for step in range(1, scenario.max_steps + 1):
        phase("act", step)
        t0, r0 = perf_counter(), render.seconds
        seen = {**observation, "privileged": info["privileged"]} if privileged else observation
        if step == 1:  # a view of its own, which tells what the agent looked at from what the recorders did
            seen = {**seen, "image": _view(observation["image"])}
        decision, action = guard(agent.act(cast(Observation, seen)), step)
        if step == 1:
            trace.first_payload = _looked_at({**observation, "image": seen["image"]})
        t1, r1 = perf_counter(), render.seconds
        trace.grounding.append(ground(decision.thought, info) if grounding and decision.thought is not None else None)
        looked_up = perf_counter() - t1
        ends = decision.terminate and not _next_instruction(env)
        if decision.terminate:
            trace.events.append({"name": "agent_terminated", "step": step})
        phase("step", step)
        observation, reward, terminated, truncated, info = env.step(action)
        observation = render.watch(observation)
        t2 = perf_counter()
        phase("record", step)
        thought = decision.thought or thought
        trace.actions.append(action)
        trace.rewards.append(float(reward))
        trace.thoughts.append(decision.thought)
        _note(trace, step, observation, info)
        for recorder in recorders:
            recorder.step(step, observation, decision, thought, info)
        t3, r3 = perf_counter(), render.seconds
        trace.seconds.append(
            {"act": t1 - t0 - (r1 - r0), "step": t2 - t1 - looked_up, "record": t3 - t2 + looked_up - (r3 - r1), "render": r3 - r0}
        )
        held = held + 1 if info["success"] else 0
        done_holding = scenario.stop_after_success is not None and held > scenario.stop_after_success
        if terminated or truncated or done_holding or ends:
            break
    trace.clipped = guard.clipped
    trace.total_seconds = perf_counter() - began
    return trace


def _next_instruction(env: Any) -> bool:
    """Whether the environment has another instruction, to which it went on."""
    advance = getattr(env.unwrapped, "advance_subtask", None)
    return advance is not None and bool(advance())


def _note(trace: Rollout, step: int, observation: Mapping[str, Any], info: Mapping[str, Any]) -> None:
    trace.states.append({name: np.array(value) for name, value in observation["state"].items()})  # copies: an env may reuse its buffers
    trace.events.extend(info.get("events", ()))
    for name, reached in info.get("subgoals", {}).items():
        if trace.subgoal_steps.setdefault(name, None) is None and reached:
            trace.subgoal_steps[name] = step
    trace.info = info
    if "truth" in info:
        trace.truths.append(_json(info["truth"], "truth", step))
    if "scores" in info:
        trace.scores = {
            str(name): float(value) if value is not None and np.isfinite(value) else None for name, value in info["scores"].items()
        }
    if step:
        trace.success.append(bool(info["success"]))
        trace.progress.append(float(info.get("progress", 0.0)))
        last = trace.instruction_changes[-1][1] if trace.instruction_changes else trace.instruction
        if observation["instruction"] != last:
            trace.instruction_changes.append((step, observation["instruction"]))


def _json(value: Any, key: str, step: int) -> str:
    """One line, now: an environment may go on writing into what it gave."""
    try:
        try:
            return json.dumps(value, allow_nan=False)
        except ValueError:  # a number that is not finite
            return json.dumps(without_nan(value), allow_nan=False)
    except TypeError as error:
        raise GauntletError(f'info["{key}"] at step {step} is no JSON data: {error}', "give plain str, int, float, list and dict") from None


def _view(image: Mapping[str, Any]) -> Mapping[str, Any]:
    return image.map(lambda name, value: value) if isinstance(image, LazyDict) else image


def _looked_at(observation: Mapping[str, Any]) -> dict[str, Any]:
    image = observation["image"]
    return {**observation, "image": image.known() if isinstance(image, LazyDict) else dict(image)}


class _RenderClock:
    """Adds up the seconds spent computing images that were asked for, whoever asked."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self, observation: Mapping[str, Any]) -> dict[str, Any]:
        image = observation["image"]
        if not isinstance(image, LazyDict):
            return dict(observation)
        return {**observation, "image": LazyDict({name: (lambda name=name: self._timed(image, name)) for name in image})}

    def _timed(self, image: LazyDict, name: str) -> Any:
        begin = perf_counter()
        value = image[name]
        self.seconds += perf_counter() - begin
        return value
