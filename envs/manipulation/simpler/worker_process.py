"""A process that holds some of a vector environment's sub-environments."""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import pickle
import signal
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from envs.manipulation.simpler.sub_environments import Arguments, Failure, MakeEnv, SubEnvironments
from harness.errors import ConfigError, GauntletError
from harness.execution.process import exit_reason, start_with_environment

_SPAWN = mp.get_context("spawn")  # a forked simulator shares its Vulkan device with its parent, and hangs
_PATIENCE = 10.0  # s for a process that has died to be gone


class WorkerGoneError(GauntletError):
    """The process of a sub-environment has died; its episode is lost."""


class WorkerProcess:
    """Has the methods of :class:`SubEnvironments`, which it holds in a process of its own. ``environ``: variables of that process, set before it starts."""

    def __init__(self, make: MakeEnv, indices: Sequence[int], environ: dict[str, str]) -> None:
        if mp.current_process().daemon:
            raise ConfigError("num_envs > 1 in a daemonic process, which may not start others", "use workers=0")
        if getattr(mp.current_process(), "_inheriting", False):  # being imported by a spawned child
            raise ConfigError(
                "a worker process made a vector environment: workers import the script that started them, and it makes one again",
                'put what the script does under `if __name__ == "__main__":`, or use workers=0',
            )
        self.indices = tuple(indices)
        self._make, self._environ = make, environ
        self._ticket = 0
        self._start()

    def ask(self, request: str, arguments: Arguments) -> None:
        self._ticket += 1
        self._asked = tuple(arguments)
        with contextlib.suppress(OSError):  # it is gone: `answers` says so
            self._pipe.send((self._ticket, request, dict(arguments)))

    def answers(self) -> dict[int, Any]:
        try:
            ticket, answers = self._pipe.recv()
            while ticket != self._ticket:  # an answer that nobody waited for: Ctrl-C came between
                ticket, answers = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            reason, while_starting = exit_reason(self._process.exitcode), self._ticket == self._started_at
            gone = WorkerGoneError(
                reason + (" while it started" if while_starting else ""),
                "see its messages above" if while_starting else "reset it to start anew",
            )
            return dict.fromkeys(self._asked, Failure(gone))
        return answers

    def revive(self) -> bool:
        if self._process.is_alive():
            return False
        self._pipe.close()
        self._start()
        return True

    def close(self) -> None:
        """At once: a simulator has nothing to save."""
        self._process.kill()
        self._process.join(_PATIENCE)
        self._pipe.close()

    def _start(self) -> None:
        self._ticket += 1
        self._started_at, self._asked = self._ticket, self.indices
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(self._make, self.indices, theirs, self._ticket), daemon=True)
        start_with_environment(self._process, self._environ)
        theirs.close()


def _work(make: MakeEnv, indices: Sequence[int], pipe: Connection, ticket: int) -> None:
    """Answers until the other end hangs up, which it does when its process ends in whatever way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who waits at the other end
    held = SubEnvironments(make, indices)
    with contextlib.suppress(EOFError, ConnectionError):
        _send(pipe, ticket, held.answers())
        while True:
            ticket, request, arguments = pipe.recv()
            held.ask(request, arguments)
            _send(pipe, ticket, held.answers())
    held.close()


def _send(pipe: Connection, ticket: int, answers: dict[int, Any]) -> None:
    try:
        pipe.send((ticket, answers))
    except (pickle.PicklingError, TypeError, AttributeError):  # what `call` returned cannot travel
        pipe.send((ticket, dict.fromkeys(answers, Failure(None, traceback.format_exc()))))
