"""Ray actors as workers: one simulator each, on this machine or on a cluster, and one more actor that holds the policy and answers all of them in batches."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from harness.agent_maker import agent_fingerprint, has_policy, make_policy
from harness.errors import ConfigError, GauntletError
from harness.execution.episode_runner import EpisodeRunner
from harness.execution.job import Job, JobResult, WorkerSetup
from harness.execution.policy_host import answers_for, batch_limit
from harness.execution.process import find_modules, log_tail, log_to
from harness.execution.worker import PhaseNow, Worker, WorkerLost
from harness.policy import Policy, Request, Response

try:
    import ray
    from ray.exceptions import GetTimeoutError, RayActorError, RayError
except ImportError:
    raise ConfigError(
        "executor=ray needs Ray, which is not installed", "pip install 'vla-gauntlet[ray]', or use executor=process"
    ) from None

MOST_WORKERS = 64
PING_SECONDS = 5.0  # a policy that leaves an empty request unanswered for so long hangs
STOP_SECONDS = 5.0


class RayExecutor:
    """``workers`` actors, one CPU each; a policy has an actor of its own, and a GPU where the cluster has one.

    Args:
        workers: None: one a CPU, at most 64.
        max_batch: most requests in one call of the policy; None: batches only for a policy that declares ``batch_invariant``.
        address: of the cluster; None: one is started on this machine for the run, and stopped with it.
    """

    name = "ray"

    def __init__(self, workers: int | None = None, max_batch: int | None = None, address: str | None = None) -> None:
        self.size = workers or (MOST_WORKERS if address else min(MOST_WORKERS, len(os.sched_getaffinity(0))))
        self._count_cpus = workers is None and address is not None
        self.max_batch, self.address = max_batch, address
        self._policy: Any = None
        self._ours = False  # whether the cluster is ours to stop

    def start(self, setup: WorkerSetup, timeouts: dict[str, float]) -> dict[str, str]:
        self._connect()
        if self._count_cpus:
            self.size = max(1, min(MOST_WORKERS, int(ray.cluster_resources().get("CPU", 1))))
        self._setup = setup
        if not has_policy(setup.agent):
            return agent_fingerprint(setup.agent)
        # A policy is stateless: Ray may restart a crashed one and ask it again.
        gpus = min(1.0, ray.cluster_resources().get("GPU", 0.0))
        options = {"num_cpus": 0, "num_gpus": gpus, "max_restarts": -1, "max_task_retries": 1}
        self._policy = ray.remote(**options)(PolicyActor).remote(setup, self.max_batch)
        seconds = timeouts.get("make", 600.0)
        try:
            ready: Any = ray.get(self._policy.ready.remote(), timeout=seconds)
        except GetTimeoutError:
            raise ConfigError(
                f"the policy was not ready after {seconds:g} s", "raise timeouts.make, or give the cluster more resources"
            ) from None
        except RayError as error:
            raise ConfigError(f"the policy's actor died while loading: {_first_line(error)}", f"see {_log(setup, 'policy')}") from None
        if isinstance(ready, GauntletError):
            raise ready
        return ready

    def worker(self, index: int) -> RayWorker:
        if self._policy is not None:
            self._revive()  # a worker is replaced because something went wrong; it may have been the policy
        return RayWorker(index, self._setup, self._policy)

    def wait(self, workers: Sequence[Worker], seconds: float) -> None:
        running = [w.running for w in workers if isinstance(w, RayWorker) and w.running is not None]
        if running:
            ray.wait(running, timeout=seconds)

    def close(self) -> None:
        if self._policy is not None:
            ray.kill(self._policy)
            self._policy = None
        if self._ours:
            ray.shutdown()
            self._ours = False

    def _connect(self) -> None:
        if ray.is_initialized():
            return  # a cluster that the caller has chosen
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # leave CUDA_VISIBLE_DEVICES to actors without a GPU of their own
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if self.address is None:
            ray.init(num_cpus=self.size, include_dashboard=False, **quiet)
        else:
            try:
                ray.init(address=self.address, **quiet)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise ConfigError(
                    f"executor.address={self.address}: no Ray cluster answers: {_first_line(error)}",
                    "start one with `ray start --head`, or set executor.address=null for one of this run's own",
                ) from None
        self._ours = True

    def _revive(self) -> None:
        """Restart a policy that hangs; Ray itself restarts one that died."""
        try:
            ray.get(self._policy.infer.remote(pickle.dumps([])), timeout=PING_SECONDS)
        except GetTimeoutError:
            ray.kill(self._policy, no_restart=False)
        except RayError:
            pass  # it is being restarted: requests wait for it


class RayWorker:
    """The runner's side of one actor."""

    def __init__(self, index: int, setup: WorkerSetup, policy: Any) -> None:
        self.name = f"worker {index}"
        self.running: Any = None  # the job's result to be
        self._log = _log(setup, f"worker-{index}")
        self._seen, self._seen_at = PhaseNow("make", 0.0, 0), monotonic()
        self._asked: Any = None
        options = {"num_cpus": 1, "concurrency_groups": {"watch": 1}, "runtime_env": {"env_vars": setup.environ}}
        self._actor: Any = ray.remote(**options)(SimulatorActor).remote(setup, policy, os.getcwd(), str(self._log))

    def assign(self, job: Job) -> None:
        self._seen, self._seen_at = PhaseNow("make", 0.0, 0), monotonic()
        self._asked = None
        self.running = self._actor.run.remote(job)

    def poll(self) -> JobResult | WorkerLost | None:
        if self.running is None or not ray.wait([self.running], timeout=0)[0]:
            return None
        try:
            return ray.get(self.running)
        except RayError as error:
            return WorkerLost(_death(error), log_tail(self._log))
        finally:
            self.running = None

    def phase(self) -> PhaseNow:
        """The last answer, and the time since. The actor is asked anew without waiting: code that holds its interpreter would keep us waiting, and meanwhile the clock of the last known phase has to go on."""
        if self._asked is not None and ray.wait([self._asked], timeout=0)[0]:
            with contextlib.suppress(RayError):  # it died: poll says so
                answer: Any = ray.get(self._asked)
                if answer is not None:
                    self._seen, self._seen_at = answer, monotonic()
            self._asked = None
        if self._asked is None:
            self._asked = self._actor.phase.remote()
        return replace(self._seen, seconds=self._seen.seconds + monotonic() - self._seen_at)

    def kill(self) -> None:
        ray.kill(self._actor)

    def close(self) -> None:
        with contextlib.suppress(RayError):
            ray.get(self._actor.close.remote(), timeout=STOP_SECONDS)
        self.kill()


class SimulatorActor:
    """Runs jobs on one thread, the same for all of them, and says on another what it is doing."""

    def __init__(self, setup: WorkerSetup, policy: Any, folder: str, log: str) -> None:
        _settle_in(setup, log)
        with contextlib.suppress(OSError):  # another node may not have it; here relative paths in the config mean what they mean to the run
            os.chdir(folder)
        self._now: tuple[str, float, int] | None = None
        self._runner = EpisodeRunner(setup, PolicyOfActor(policy) if policy is not None else None, self._enter)

    def run(self, job: Job) -> JobResult:
        self._enter("make", 0)
        try:
            return self._runner.run(job)
        finally:
            self._now = None

    @ray.method(concurrency_group="watch")
    def phase(self) -> PhaseNow | None:
        """None between jobs. Seconds and not a time: nodes do not share a clock."""
        now = self._now
        return PhaseNow(now[0], monotonic() - now[1], now[2]) if now is not None else None

    def close(self) -> None:
        with contextlib.suppress(GauntletError):
            self._runner.close()

    def _enter(self, name: str, step: int) -> None:
        self._now = (name, monotonic(), step)


class PolicyOfActor(Policy):
    """The worker's side: looks like the policy."""

    batch_invariant = True

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        # Pickled here and not by Ray, which would hand over arrays that cannot be written to: code must not need to know where the policy lives.
        answer = pickle.loads(ray.get(self._actor.infer.remote(pickle.dumps(list(requests)))))  # noqa: S301 (from our own actor)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class PolicyActor:
    """Holds the policy. While it computes on its thread, requests gather; the next call takes what is there, up to the limit."""

    def __init__(self, setup: WorkerSetup, max_batch: int | None) -> None:
        _settle_in(setup, str(_log(setup, "policy")))
        self._waiting: list[tuple[list[Request], asyncio.Future[Any]]] = []
        self._answering: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "policy")
        try:
            self._policy = make_policy(setup.agent)
            self._ready: dict[str, str] | GauntletError = self._policy.fingerprint()
            self._most = batch_limit(self._policy, max_batch)
        except GauntletError as error:
            self._ready = error

    async def ready(self) -> dict[str, str] | GauntletError:
        """The fingerprint, or why there is no policy."""
        return self._ready

    async def infer(self, pickled: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((pickle.loads(pickled), answer))  # noqa: S301 (from our own worker)
        if self._answering is None:
            self._answering = loop.create_task(self._answer())
        return pickle.dumps(await answer)

    async def _answer(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            answers = await loop.run_in_executor(self._thread, answers_for, self._policy, [requests for requests, _ in taken], self._most)
            for (_, future), answer in zip(taken, answers):
                if not future.done():  # its worker may be gone
                    future.set_result(answer)
        self._answering = None


def _settle_in(setup: WorkerSetup, log: str) -> None:
    with contextlib.suppress(OSError):  # a node that does not see the run folder leaves the log to Ray
        log_to(log)
    find_modules(setup.paths)


def _log(setup: WorkerSetup, name: str) -> Path:
    return Path(setup.root) / "logs" / f"{name}.log"


def _death(error: RayError) -> str:
    if isinstance(error, RayActorError):
        detail = str(error).partition("Worker exit detail:")[2] or str(error).partition("The actor is dead because")[2]
        return f"its actor died: {_first_line(detail or error)}"
    return f"its actor failed: {_first_line(error)}"


def _first_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].partition(" Some common causes")[0][:300] if lines else type(error).__name__
