"""Runs one job after another in the present process: what every executor's worker does."""

from __future__ import annotations

import errno
import logging
import shutil
import sys
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter

from harness.agent import Agent
from harness.agent_maker import make_agent
from harness.env_maker import EnvCache
from harness.episode import Episode, EpisodeError, Outcome, StoredEvent, Timing
from harness.errors import AgentError, AssetsError, ConfigError, GauntletError, RenderError, StoreError
from harness.execution.job import Job, JobDone, JobFailed, JobResult, WorkerSetup
from harness.layer_scores import layer_scores
from harness.policy import Policy, PolicyGoneError
from harness.recording.recorder import VideoRecorder
from harness.recording.video import prompt_hand_over
from harness.rollout import Recorder, Rollout, agent_seed, rollout
from harness.store import RunStore, write_episode, write_trace

FATAL = (ConfigError, AssetsError, RenderError, StoreError)
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

log = logging.getLogger(__name__)


class EpisodeRunner:
    """Keeps the environments and the agent alive between jobs."""

    def __init__(self, setup: WorkerSetup, policy: Policy | None = None, phase: Callable[[str, int], None] | None = None) -> None:
        self.setup, self.policy = setup, policy
        self.store = RunStore(Path(setup.root))
        self.envs = EnvCache(setup.env_cache)
        self.agent: Agent | None = None
        self._tell = phase or (lambda name, step: None)
        self._now = ("make", 0)

    def run(self, job: Job) -> JobResult:
        """One attempt. Never raises but for KeyboardInterrupt and its like."""
        folder: Path | None = None
        try:
            self._phase("make", 0)
            folder = self.store.temporary(job.scenario.id, job.attempt)
            with prompt_hand_over() if job.film else nullcontext():
                return JobDone(self._episode(job, folder), str(folder))
        except BaseException as error:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            try:
                self.envs.close()  # whatever went wrong, the next attempt begins with fresh ones
            except Exception:
                log.exception("an environment could not be closed after an error")
            if not isinstance(error, Exception):
                raise
            return self._failed(error)

    def _episode(self, job: Job, folder: Path) -> Episode:
        scenario, setup = job.scenario, self.setup
        began = perf_counter()
        env = self.envs.get(scenario)
        if self.agent is None:
            self.agent = make_agent(setup.agent, self.policy)
        made = perf_counter() - began
        recorders: list[Recorder] = []
        film = VideoRecorder(folder, setup.record, float(env.unwrapped.metadata.get("control_hz", 5.0))) if job.film else None
        if film is not None:
            recorders.append(film)
        try:
            trace = rollout(
                scenario,
                env,
                self.agent,
                agent_name=str(setup.agent.get("name", "agent")),
                run_seed=setup.seed,
                clip=setup.clip,
                grounding=setup.record.grounds(getattr(self.agent, "privileged", False)),
                recorders=recorders,
                phase=self._phase,
            )
        except BaseException:
            if film is not None:
                film.abandon()
            raise
        self._phase("record", len(trace.actions))
        began = perf_counter()
        won = trace.success[-1] if setup.success == "last" else any(trace.success)
        outcome: Outcome = "success" if won else "failure"
        if film is not None:
            film.finish(outcome)
        if not setup.record.step0:
            trace.first_payload = {}
        write_trace(folder, trace)  # while the encoder flushes
        videos = film.close() if film is not None else {}
        if setup.record.videos == "failures" and outcome == "success":
            for name in videos.values():
                (folder / name).unlink()
            videos = {}
        episode = self._record(job, trace, outcome, videos, made, perf_counter() - began)
        write_episode(folder, episode, None)
        return episode

    def _record(self, job: Job, trace: Rollout, outcome: Outcome, videos: dict[str, str], made: float, written: float) -> Episode:
        """``made``, ``written``: seconds spent making the environment and, after the last step, writing."""
        scenario, info = job.scenario, trace.info
        sums = {name: sum(row[name] for row in trace.seconds) for name in ("act", "step", "render", "record")}
        sums["record"] += written
        stages: dict[str, float] = {}
        thoughts = [t for t in trace.thoughts if t is not None]
        for thought in thoughts:
            for stage, seconds in thought.seconds.items():
                stages[stage] = stages.get(stage, 0.0) + seconds
        return Episode(
            scenario_id=scenario.id,
            scenario=scenario,
            agent=str(self.setup.agent.get("name", "agent")),
            agent_seed=trace.agent_seed,
            outcome=outcome,
            success_last=trace.success[-1],
            success_any=any(trace.success),
            first_success_step=next((k + 1 for k, good in enumerate(trace.success) if good), None),
            steps=len(trace.actions),
            progress=trace.progress[-1],
            progress_max=max(trace.progress),
            subgoals={name: bool(value) for name, value in info.get("subgoals", {}).items()},
            subgoal_steps=trace.subgoal_steps,
            events=[StoredEvent(**event) for event in trace.events],
            instruction=trace.instruction,
            instruction_changes=trace.instruction_changes,
            control_hz=trace.control_hz or None,
            clipped_actions=trace.clipped,
            scores=trace.scores,
            layers=layer_scores(trace.thoughts, trace.grounding, trace.states) if thoughts else {},
            facts=dict(info.get("episode", {})),
            timing=Timing(
                make=made,
                reset=trace.reset_seconds,
                total=made + trace.total_seconds + written,
                stages=stages,
                decisions=len(thoughts),
                **sums,
            ),
            attempts=job.attempt,
            failed_attempts=list(job.failed_attempts),
            videos=videos,
        )

    def _failed(self, error: Exception) -> JobFailed:
        phase, step = self._now
        if isinstance(error, OSError) and error.errno in _FULL:
            error = StoreError(f"{self.store.root}: {error.strerror}", "free some disk space, then run the same command again: it resumes")
        if phase == "make" and not isinstance(error, GauntletError):
            error = _without_renderer() or error
        text = "".join(traceback.format_exception(error))
        log.error("%s", text)
        record = EpisodeError(kind=type(error).__name__, phase=phase, step=step, message=str(error), traceback=text)
        return JobFailed(
            record,
            retry=not isinstance(error, GauntletError),
            fatal=isinstance(error, FATAL) or self._broken(error, phase),
            spent=isinstance(error, PolicyGoneError),
        )

    def _broken(self, error: Exception, phase: str) -> bool:
        """An agent that cannot even be made will not be made for the next scenario either."""
        return isinstance(error, AgentError) and phase == "make"

    def _phase(self, name: str, step: int) -> None:
        self._now = (name, step)
        self._tell(name, step)

    def close(self) -> None:
        self.envs.close()
        if self.agent is not None and hasattr(self.agent, "close"):
            self.agent.close()


def _without_renderer() -> RenderError | None:
    """Where a simulator could not be made: is it because nothing can render here? Asked only then, since asking costs a process."""
    if "sapien" not in sys.modules:
        return None
    from harness.doctor import require_renderer

    try:
        require_renderer()
    except RenderError as error:
        return error
    return None


def errored_episode(job: Job, setup: WorkerSetup, error: EpisodeError) -> Episode:
    """The record of a scenario that no attempt brought to an end."""
    return Episode(
        scenario_id=job.scenario.id,
        scenario=job.scenario,
        agent=str(setup.agent.get("name", "agent")),
        agent_seed=agent_seed(job.scenario, setup.seed),
        outcome="error",
        steps=error.step,
        instruction=job.scenario.instruction or "",
        attempts=job.attempt,
        failed_attempts=list(job.failed_attempts),
        error=error,
    )
