"""What the scripted expert achieves: ``python -m envs.manipulation.simpler.expert_table [--task T] [--assets DIR]``.

As in the original protocol an episode runs to its step limit and is judged at the last step.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.tasks.put_on import PutOnTask
from envs.manipulation.simpler.tasks.put_on_specs import SPECS

STEP_LIMITS: Mapping[str, int] = {name: 120 if name == "PutEggplantInBasket" else 60 for name in SPECS}


@dataclass(frozen=True)
class Result:
    """``first_success``: control step, or None."""

    episode_id: int
    success: bool
    first_success: int | None
    stats: Mapping[str, bool]


def run_episode(env: ManipulationEnv, episode_id: int, steps: int) -> Result:
    _, info = env.reset(seed=episode_id, options={"episode_id": episode_id})
    first = None
    for step in range(1, steps + 1):
        _, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
        if info["success"] and first is None:
            first = step
    return Result(episode_id, info["success"], first, info["episode"]["stats"])


def run_task(name: str, assets: str | None = None) -> Iterator[Result]:
    env = make_simpler(name, assets)
    assert isinstance(env.task, PutOnTask)
    for episode_id in range(len(env.task.task_spec.placements)):
        yield run_episode(env, episode_id, STEP_LIMITS[name])
    env.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the scripted expert on every episode of SIMPLER's WidowX tasks.")
    parser.add_argument("--task", action="append", choices=sorted(SPECS), help="all, unless given")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    chosen = parser.parse_args(arguments)
    for name in chosen.task or SPECS:
        results = list(run_task(name, chosen.assets))
        solved = [result for result in results if result.success]
        failed = [result.episode_id for result in results if not result.success]
        firsts = [result.first_success for result in solved if result.first_success is not None]
        speed = f"first success at step {min(firsts)} to {max(firsts)}" if firsts else "never"
        print(f"{name:28} {len(solved):2} of {len(results)}  {speed}" + (f"  failed: {failed}" if failed else ""), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
