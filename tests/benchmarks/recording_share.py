"""What the harness and light video cost beside the simulator: wall time of whole episodes that is not reset, step, render or act."""

from __future__ import annotations

from collections.abc import Sequence

from agents.baselines.expert import ExpertAgent
from agents.baselines.hold import HoldAgent
from harness.config import load_suite
from harness.env_maker import EnvCache
from harness.scenario import Scenario
from tests.benchmarks.episodes import LIGHT, Player, run_folder
from tests.benchmarks.measurement import Measurement, repeat


def measure(repetitions: int) -> list[Measurement]:
    scenarios = load_suite("tabletop/demo").limited(1).scenarios
    envs = EnvCache(16)
    with run_folder() as root:
        expert, hold = (Player(root, agent, LIGHT, envs) for agent in (ExpertAgent(), HoldAgent()))

        def once() -> dict[str, float]:
            return {"expert": outside(expert, scenarios), "hold": outside(hold, scenarios)}

        found, load = repeat(repetitions, once)
    envs.close()
    note = "share of the whole episode, reset and last file included"
    return [
        Measurement(
            "recording", "outside the simulator and the agent, expert (20-30 steps)", "%", tuple(found["expert"]), load, 5, "lower", note
        ),
        Measurement("recording", "the same, hold (80 steps)", "%", tuple(found["hold"]), load, 5, "lower", note),
    ]


def outside(player: Player, scenarios: Sequence[Scenario]) -> float:
    """Percent of the episodes' wall time that neither the environment nor the agent spent: recording, bookkeeping, writing."""
    wall = inside = 0.0
    for scenario in scenarios:
        episode, seconds = player.play(scenario)
        spent = episode.timing
        wall += seconds
        inside += spent.make + spent.reset + spent.step + spent.render + spent.act
    return 100.0 * (wall - inside) / wall
