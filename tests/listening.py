"""A process that listens to Ctrl-C, whoever runs the tests."""

from __future__ import annotations

import signal


def listen() -> None:
    """For ``preexec_fn``: whoever runs the tests in the background of a shell has Ctrl-C ignored, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
