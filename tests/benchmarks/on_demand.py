"""Rendering only what somebody looks at: an agent that works off chunks of eight actions without video, against one that looks at every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.agent import Agent, Task
from harness.decision import Decision
from harness.env_maker import EnvCache
from harness.environment import Observation
from harness.scenario import Scenario
from tests.benchmarks.episodes import NO_VIDEO, Player, run_folder
from tests.benchmarks.measurement import Measurement, repeat

STEPS = 80
CHUNK = 8


class GlancingAgent(Agent):
    """Looks at one camera every ``every`` steps, and holds still: the same motion however often it looks."""

    def __init__(self, every: int) -> None:
        self.every = every

    def reset(self, task: Task, seed: int) -> None:
        super().reset(task, seed)
        self._step = 0
        space = task.action_space
        self._decision = Decision(np.clip(np.zeros(space.shape, np.float32), space.low, space.high)[None])

    def act(self, observation: Observation) -> Decision:
        if self._step % self.every == 0:
            _ = observation["image"]["third_person"]
        self._step += 1
        return self._decision


def measure(repetitions: int) -> list[Measurement]:
    scenario = Scenario(env="tabletop/PutOn-v0", seed=1_000_000, max_steps=STEPS)
    envs = EnvCache(4)
    env: Any = envs.get(scenario).unwrapped
    with run_folder() as root:
        players = {every: Player(root, GlancingAgent(every), NO_VIDEO, envs) for every in (CHUNK, 1)}

        def once() -> dict[str, float]:
            rate: dict[int, float] = {}
            for every, player in players.items():
                before = env.frames_rendered
                episode, _ = player.play(scenario)
                rendered = env.frames_rendered - before
                assert rendered == STEPS // every, f"{rendered} frames rendered in {STEPS} steps, looking every {every}"
                rate[every] = STEPS / (episode.timing.total - episode.timing.reset - episode.timing.make)
            return {"chunk": rate[CHUNK], "every": rate[1], "ratio": rate[CHUNK] / rate[1]}

        found, load = repeat(repetitions, once)
    envs.close()
    return [
        Measurement(
            "on demand", f"chunks of {CHUNK}, no video: {STEPS // CHUNK} frames in {STEPS} steps", "steps/s", tuple(found["chunk"]), load
        ),
        Measurement("on demand", f"looking at every step: {STEPS} frames", "steps/s", tuple(found["every"]), load),
        Measurement("on demand", "chunks against every step, side by side", "x", tuple(found["ratio"]), load, 1.0),
    ]
