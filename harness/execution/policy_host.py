"""One process that holds the policy and answers the workers' requests in batches.

It is a process and not a thread, so that a policy that crashes or hangs costs the episodes in flight and not the run. Workers reach it by a Unix socket with a random key that only this run's processes know.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import secrets
import tempfile
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from typing import Any

from harness.agent_maker import make_policy
from harness.errors import ConfigError, GauntletError
from harness.execution.job import WorkerSetup
from harness.policy import Policy, Request, Response

_SPAWN = mp.get_context("spawn")
DEFAULT_BATCH = 16


class PolicyHost:
    """The runner's side: starts the process, knows its address and the policy's fingerprint, replaces it when it is gone.

    Args:
        max_batch: most requests in one call; None sends batches only to a policy that declares ``batch_invariant``, so that results do not depend on the number of workers.
    """

    def __init__(self, setup: WorkerSetup, max_batch: int | None, timeouts: dict[str, float]) -> None:
        self._setup, self._max_batch = setup, max_batch
        self._start_seconds = timeouts.get("make", 600.0)
        self._folder = tempfile.TemporaryDirectory(prefix="gauntlet-")
        self._start()

    def _start(self) -> None:
        from harness.execution.process import start_with_environment

        address = os.path.join(self._folder.name, secrets.token_hex(4))
        self.address = f"{secrets.token_hex(16)}@{address}"
        ours, theirs = _SPAWN.Pipe()
        log = str(Path(self._setup.root) / "logs" / "policy.log")
        self._process = _SPAWN.Process(target=_serve, args=(self._setup, self._max_batch, self.address, theirs, log), daemon=True)
        start_with_environment(self._process, {})
        theirs.close()
        try:
            if not ours.poll(self._start_seconds):
                raise ConfigError(f"the policy was not ready after {self._start_seconds:g} s", "raise timeouts.make")
            ready = ours.recv()
        except EOFError:
            raise ConfigError("the policy's process died while loading", f"see {log}") from None
        if isinstance(ready, GauntletError):
            raise ready
        self.fingerprint: dict[str, str] = ready

    def revive(self) -> None:
        """Start it again if it is gone or does not answer."""
        if self._process.is_alive() and _answers(self.address):
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
        if self._connection is None:
            self._connection = _connect(self._address)
        self._connection.send(list(requests))
        answer = self._connection.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PolicyFailedError(Exception):
    """The policy raised; the message holds its traceback."""


def _connect(address: str) -> Connection:
    key, _, path = address.partition("@")
    return Client(path, "AF_UNIX", authkey=bytes.fromhex(key))  # type: ignore[return-value]


def _answers(address: str, seconds: float = 5.0) -> bool:
    """Whether the host still takes requests: it is asked nothing, and must say so soon. A policy that is merely busy is given ``seconds``."""
    try:
        connection = _connect(address)
        with connection:
            connection.send([])
            return connection.poll(seconds)
    except (OSError, EOFError):
        return False


def _serve(setup: WorkerSetup, max_batch: int | None, address: str, ready: Connection, log: str) -> None:
    from harness.execution.process import settle_in

    settle_in(log, setup.paths)
    key, _, path = address.partition("@")
    try:
        policy = make_policy(setup.agent)
        fingerprint = policy.fingerprint()
    except GauntletError as error:
        traceback.print_exc()
        ready.send(error)
        return
    most = batch_limit(policy, max_batch)
    with Listener(path, "AF_UNIX", authkey=bytes.fromhex(key), backlog=64) as listener:
        ready.send(fingerprint)
        _answer_forever(policy, listener, most)


def _answer_forever(policy: Policy, listener: Listener, most: int) -> None:
    socket: Any = listener._listener._socket  # type: ignore[attr-defined]  # the public Listener cannot be waited on
    connections: list[Connection] = []
    while True:
        ready = wait([socket, *connections])
        asked: list[tuple[Connection, list[Request]]] = []
        for source in ready:
            if source is socket:
                try:
                    connections.append(listener.accept())  # type: ignore[arg-type]
                except (OSError, EOFError, mp.AuthenticationError):
                    traceback.print_exc()
                continue
            try:
                asked.append((source, source.recv()))  # type: ignore[union-attr, arg-type]
            except (EOFError, OSError):
                connections.remove(source)  # type: ignore[arg-type]
        for connection, answer in zip([c for c, _ in asked], answers_for(policy, [r for _, r in asked], most)):
            try:
                connection.send(answer)
            except OSError:
                connections.remove(connection)


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
                raise ValueError(f"{type(policy).__name__}.infer gave {len(replies)} responses to {len(batch)} requests")
            answers += replies
    except Exception as error:
        traceback.print_exc()
        if len(asked) > 1:  # find out whose request it was
            return [answers_for(policy, [requests], most)[0] for requests in asked]
        return [PolicyFailedError("".join(traceback.format_exception(error)))]
    replies_iter = iter(answers)
    return [[next(replies_iter) for _ in requests] for requests in asked]
