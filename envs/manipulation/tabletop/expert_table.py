"""Measures the scripted expert: ``python -m envs.manipulation.tabletop.expert_table --seeds 50 [--tasks PutOn Pick]``.

Success is judged at the last step, after the expert has gone on for five steps past its first success: something that is put down and rolls away again does not count.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from envs.manipulation.tabletop.environment import make_tabletop
from envs.manipulation.tabletop.tasks import TASKS
from envs.manipulation.tabletop.vocabulary import HELDOUT_SEED_START

STEPS_AFTER_SUCCESS = 5


@dataclass(frozen=True)
class Trial:
    seed: int
    success: bool  # at the last step
    steps: int  # to the first success, or all of them
    events: tuple[str, ...]
    instruction: str


def run_expert(env: Any, seed: int, max_steps: int, options: dict[str, Any] | None = None) -> Trial:
    """One episode of the environment's own expert."""
    observation, info = env.reset(seed=seed, options=options)
    events: list[str] = []
    first: int | None = None
    step = 0
    for step in range(1, max_steps + 1):
        _, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
        events += [event["name"] for event in info["events"]]
        if info["success"] and first is None:
            first = step
        if first is not None and step >= first + STEPS_AFTER_SUCCESS:
            break
    return Trial(seed, bool(info["success"]), first or step, tuple(events), observation["instruction"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="episodes a task, on held-out seeds")
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--split", default=None, help="a held-out split, such as heldout_all (default heldout_seeds)")
    parser.add_argument("--failures", action="store_true", help="list the failed seeds")
    arguments = parser.parse_args()
    options = {"split": arguments.split or "heldout_seeds"}
    print(f"{'task':18s} {'success':>9s} {'steps':>7s} {'slowest':>8s} {'ms/step':>8s}  events")
    for task in arguments.tasks:
        env = make_tabletop(task, camera_size=16)
        begun = time.perf_counter()
        trials = [run_expert(env, HELDOUT_SEED_START + index, TASKS[task].max_steps, options) for index in range(arguments.seeds)]
        seconds = time.perf_counter() - begun
        env.close()
        won = [trial.steps for trial in trials if trial.success]
        bad = Counter(name for trial in trials for name in trial.events if name in ("dropped", "wrong_object", "collided"))
        steps = sum(trial.steps + STEPS_AFTER_SUCCESS for trial in trials)
        print(
            f"{task:18s} {len(won):4d}/{len(trials):<4d} {sum(won) / max(len(won), 1):7.1f} {max(won, default=0):8d} {1000 * seconds / steps:8.1f}  {dict(bad)}",
            flush=True,
        )
        if arguments.failures:
            for trial in trials:
                if not trial.success:
                    print(f"  seed {trial.seed}: {trial.instruction}: {trial.steps} steps, {list(trial.events)}", flush=True)


if __name__ == "__main__":
    main()
