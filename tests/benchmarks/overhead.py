"""The harness alone: the closed loop over an environment and an agent that cost nothing."""

from __future__ import annotations

from time import perf_counter

from harness.env_maker import EnvCache, make_env
from harness.rollout import rollout
from harness.scenario import Scenario
from tests.benchmarks.episodes import NO_VIDEO, Player, run_folder
from tests.benchmarks.measurement import Measurement, repeat
from tests.benchmarks.stub_env import ENV_ID, ZeroAgent

LOOP_STEPS = 20_000
EPISODE_STEPS = 80
EPISODES = 50


def measure(repetitions: int) -> list[Measurement]:
    loop = Scenario(env=ENV_ID, max_steps=LOOP_STEPS)
    env, agent = make_env(loop), ZeroAgent()
    short = Scenario(env=ENV_ID, max_steps=EPISODE_STEPS)
    with run_folder() as root:
        player = Player(root, agent, NO_VIDEO, EnvCache(4))

        def once() -> dict[str, float]:
            began = perf_counter()
            rollout(loop, env, agent)
            middle = perf_counter()
            for _ in range(EPISODES):
                player.play(short)
            return {"loop": LOOP_STEPS / (middle - began), "written": EPISODES * EPISODE_STEPS / (perf_counter() - middle)}

        found, load = repeat(repetitions, once)
    return [
        Measurement("overhead", "closed loop, stub environment, zero policy", "steps/s", tuple(found["loop"]), load, 5000),
        Measurement("overhead", "the same as 80-step episodes written to disk", "steps/s", tuple(found["written"]), load, 5000),
    ]
