"""What the scripted expert achieves: ``python -m envs.manipulation.simpler.expert_table [--suite S] [--task T] [--every N] [--assets DIR]``.

As in the original protocol an episode runs to its step limit and is judged at the last step.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.ids import SIMPLER_IDS
from envs.manipulation.simpler.make import make_simpler
from harness.config import load_suite
from harness.scenario import Scenario
from harness.statistics import wilson

SUITES = ("widowx", "google_vm", "google_va")


@dataclass(frozen=True)
class Result:
    """``first_success``: control step, or None."""

    options: Mapping[str, Any]
    success: bool
    first_success: int | None
    stats: Mapping[str, Any]


def run_episode(env: ManipulationEnv, options: Mapping[str, Any], steps: int) -> Result:
    _, info = env.reset(seed=0, options=dict(options))
    first = None
    for step in range(1, steps + 1):
        _, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
        if info["success"] and first is None:
            first = step
    return Result(options, info["success"], first, info["episode"]["stats"])


def run_scenarios(scenarios: Sequence[Scenario], assets: str | None = None) -> Iterator[Result]:
    """One environment after the other; ``scenarios`` of the same one follow each other."""
    env, made = None, None
    for scenario in scenarios:
        kwargs = SIMPLER_IDS[scenario.env][1] | dict(scenario.kwargs)
        if env is None or made != (scenario.env, kwargs):
            if env is not None:
                env.close()
            env, made = make_simpler(**kwargs, assets=assets), (scenario.env, kwargs)
        yield run_episode(env, scenario.options, scenario.max_steps)
    if env is not None:
        env.close()


def table_line(task: str, results: Sequence[Result]) -> str:
    """How many of them, the rate with its 95 % Wilson interval, and when."""
    firsts = [result.first_success for result in results if result.success and result.first_success is not None]
    speed = f"first success at step {min(firsts)} to {max(firsts)}" if firsts else "never"
    return f"{task:28} {len(firsts):3} of {len(results):3}  {wilson(len(firsts), len(results))}  {speed}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the scripted expert on SIMPLER's episodes.")
    parser.add_argument("--suite", default="widowx", choices=SUITES)
    parser.add_argument("--task", action="append", help="a task of the suite, as its tags name it; all, unless given")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th episode of each task, from the first")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    parser.add_argument("--quiet", action="store_true", help="do not list the failures")
    chosen = parser.parse_args(arguments)
    scenarios = load_suite(f"simpler/{chosen.suite}").scenarios
    for task in chosen.task or list(dict.fromkeys(scenario.task for scenario in scenarios)):
        sample = [scenario for scenario in scenarios if scenario.task == task][:: chosen.every]
        results = list(run_scenarios(sample, chosen.assets))
        print(table_line(task, results), flush=True)
        for result in () if chosen.quiet else (result for result in results if not result.success):
            print(f"    failed: {json.dumps(dict(result.options))}  {json.dumps(dict(result.stats), default=float)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
