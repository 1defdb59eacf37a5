"""Whole episodes, made, recorded and written as a run does it, with the wall time around each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from harness.agent import Agent
from harness.env_maker import EnvCache
from harness.episode import Episode
from harness.execution.episode_runner import EpisodeRunner
from harness.execution.job import Job, JobDone, WorkerSetup
from harness.recording.recorder import RecordConfig
from harness.scenario import Scenario

NO_VIDEO = RecordConfig(name="none", videos="none")
LIGHT = RecordConfig(name="light", width=256)


@contextmanager
def run_folder() -> Iterator[Path]:
    """A folder that episodes can be written into, gone afterwards."""
    with TemporaryDirectory(prefix="gauntlet-bench-") as folder:
        for name in ("episodes", "logs"):
            (Path(folder) / name).mkdir()
        yield Path(folder)


def setup(root: Path, record: RecordConfig, agent: dict[str, Any] | None = None, environ: dict[str, str] | None = None) -> WorkerSetup:
    return WorkerSetup(str(root), agent or {"name": "benchmark"}, record, seed=0, clip=False, env_cache=16, environ=environ or {})


class Player:
    """Plays episodes in this process. Players of one benchmark share their environments: only then are they compared on the same simulator."""

    def __init__(self, root: Path, agent: Agent, record: RecordConfig, envs: EnvCache) -> None:
        self.record = record
        self._runner = EpisodeRunner(setup(root, record))
        self._runner.agent, self._runner.envs = agent, envs

    def play(self, scenario: Scenario) -> tuple[Episode, float]:
        """The episode, and the wall seconds from the job to the last file."""
        began = perf_counter()
        result = self._runner.run(Job(scenario, 1, self.record.videos != "none"))
        seconds = perf_counter() - began
        if not isinstance(result, JobDone):
            raise RuntimeError(result.error.message)
        return result.episode, seconds
