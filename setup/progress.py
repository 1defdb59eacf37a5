"""What set-up says while it works: a line a step, rewritten in place on a terminal."""

from __future__ import annotations

import shutil
import sys
import time


class SetupError(Exception):
    """Set-up cannot go on. The message is one line: what is wrong, and the cure."""


def note(text: str) -> None:
    print(f"setup: {text}", flush=True)


class Step:
    """``with Step("packages") as step: step.at("Downloading ...")``: shows the present line on a terminal, and the time at the end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.result = "done"
        self._live = sys.stdout.isatty()

    def __enter__(self) -> Step:
        self._start = time.monotonic()
        self._show("...")
        if not self._live:
            note(f"{self.name} ...")
        return self

    def at(self, line: str) -> None:
        self._show(f"{line} ({time.monotonic() - self._start:.0f} s)")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._live:
            print("\r\x1b[K", end="")
        if kind is None:
            note(f"{self.name}: {self.result} ({time.monotonic() - self._start:.1f} s)")

    def _show(self, line: str) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print("\r\x1b[K" + f"setup: {self.name}: {line}"[:width], end="", flush=True)
