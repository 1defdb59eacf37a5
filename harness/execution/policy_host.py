"""One process that holds the policy and answers the workers' requests in batches.

It is a process and not a thread, so that a policy that crashes or hangs costs the episodes in flight and not the run. Workers reach it by a Unix socket in a folder that only this user may enter; nothing in the way of talking to
it waits for an answer that a hanging policy would never give.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing as mp
import os
import secrets
import tempfile
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from time import monotonic
from typing import Any, cast

from harness.agent_maker import make_policy
from harness.errors import ConfigError, GauntletError
from harness.execution.job import WorkerSetup
from harness.policy import Policy, PolicyGoneError, Request, Response

_SPAWN = mp.get_context("spawn")
DEFAULT_BATCH = 16


class PolicyHost:
    """The runner's side: starts the process, knows its address and the policy's fingerprint, replaces it when it is gone.

    Args:
        max_batch: most requests in one call; None sends batches only to a policy that declares ``batch_invariant``, so that results do not depend on the number of workers.
    """

    def __init__(self, setup: WorkerSetup, max_batch: int | None, timeouts: dict[str, float]) -> None:
        self._setup, self._max_batch = setup, max_batch
        self._start_seconds, self._act_seconds = timeouts.get("make", 600.0), timeouts.get("act", 300.0)
        self._folder = tempfile.TemporaryDirectory(prefix="gauntlet-")
        self._busy_since = _SPAWN.RawValue(ctypes.c_double, 0.0)  # monotonic, when the call it is in began; 0 between calls
        self._start()

    def _start(self) -> None:
        from harness.execution.process import start_with_environment

        self.address = os.path.join(self._folder.name, secrets.token_hex(4))
        self._busy_since.value = 0.0
        ours, theirs = _SPAWN.Pipe()
        log = str(Path(self._setup.root) / "logs" / "policy.log")
        self._process = _SPAWN.Process(
            target=_serve, args=(self._setup, self._max_batch, self.address, theirs, self._busy_since, log), name="policy", daemon=True
        )
        start_with_environment(self._process, {})
        theirs.close()
        try:
            if not ours.poll(self._start_seconds):
                raise ConfigError(f"the policy was not ready after {self._start_seconds:g} s", "raise timeouts.make")
            ready = ours.recv()
            if isinstance(ready, GauntletError):
                raise ready
        except EOFError:
            self.close()
            raise ConfigError("the policy's process died while loading", f"see {log}") from None
        except BaseException:
            self.close()
            raise
        finally:
            ours.close()
        self.fingerprint: dict[str, str] = ready

    def revive(self) -> None:
        """Start it again if it is gone, or if it has been in one call for so long that no worker would wait for it."""
        since = self._busy_since.value
        if self._process.is_alive() and (not since or monotonic() - since < self._act_seconds / 2):
            return
        self._process.kill()
        self._process.join(10)
        self._start()

    def close(self) -> None:
        self._process.kill()
        self._process.join(10)
        self._folder.cleanup()


class PolicyClient(Policy):
    """The worker's side: looks like the policy."""

    batch_invariant = True

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: Connection | None = None

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        try:
            if self._connection is None:
                self._connection = Client(self._address, "AF_UNIX")
            self._connection.send(list(requests))
            answer = self._connection.recv()
        except (OSError, EOFError):
            raise PolicyGoneError("the policy's process is gone; what it said last is in logs/policy.log") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PolicyFailedError(Exception):
    """The policy raised; the message holds its traceback."""


def _serve(setup: WorkerSetup, max_batch: int | None, address: str, ready: Connection, busy_since: Any, log: str) -> None:
    from harness.execution.process import settle_in

    settle_in(log, setup.paths)
    try:
        policy = make_policy(setup.agent)
        fingerprint = policy.fingerprint()
    except GauntletError as error:
        traceback.print_exc()
        ready.send(error)
        return
    most = batch_limit(policy, max_batch)
    with Listener(address, "AF_UNIX", backlog=64) as listener:
        ready.send(fingerprint)
        _answer_forever(_Timed(policy, busy_since), listener, most)


class _Timed(Policy):
    """Notes on a shared board when each call began, so that the runner can see a call that never ends."""

    def __init__(self, policy: Policy, busy_since: Any) -> None:
        self._policy, self._busy_since = policy, busy_since

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self._busy_since.value = monotonic()
        try:
            return self._policy.infer(requests)
        finally:
            self._busy_since.value = 0.0


def _answer_forever(policy: Policy, listener: Listener, most: int) -> None:
    socket = cast(Any, listener)._listener._socket  # the public Listener cannot be waited on
    connections: list[Connection] = []
    while True:
        ready = wait([socket, *connections])
        asked: list[tuple[Connection, list[Request]]] = []
        for connection in [known for known in connections if known in ready]:
            try:
                asked.append((connection, connection.recv()))
            except (EOFError, OSError):
                connections.remove(connection)
        if socket in ready:
            with contextlib.suppress(OSError):  # the worker died while knocking
                connections.append(listener.accept())
        for connection, answer in zip([c for c, _ in asked], answers_for(policy, [r for _, r in asked], most)):
            try:
                connection.send(answer)
            except OSError:
                connections.remove(connection)
            except Exception as error:  # an answer that does not pickle
                traceback.print_exc()
                connection.send(PolicyFailedError("".join(traceback.format_exception(error))))


def batch_limit(policy: Policy, max_batch: int | None) -> int:
    """Most requests in one call: as configured, else several only for a policy that promises the same answers in any batch."""
    return max_batch if max_batch is not None else DEFAULT_BATCH if policy.batch_invariant else 1


def answers_for(policy: Policy, asked: Sequence[Sequence[Request]], most: int) -> list[Any]:
    """Each connection's answers, or the error that its requests met."""
    flat = [request for requests in asked for request in requests]
    answers: list[Response] = []
    try:
        for begin in range(0, len(flat), most):
            batch = flat[begin : begin + most]
            replies = list(policy.infer(batch))
            if len(replies) != len(batch):
                raise ValueError(f"the policy gave {len(replies)} responses to {len(batch)} requests")
            answers += replies
    except Exception as error:
        traceback.print_exc()
        if len(asked) > 1:  # find out whose request it was
            return [answers_for(policy, [requests], most)[0] for requests in asked]
        return [PolicyFailedError("".join(traceback.format_exception(error)))]
    replies_iter = iter(answers)
    return [[next(replies_iter) for _ in requests] for requests in asked]
