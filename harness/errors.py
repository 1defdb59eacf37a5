"""Errors that a person can act on.

Every error that bad input can cause is a :class:`GauntletError`: one line that says what is wrong, where (file, key, agent, step) and how to mend it. The command line prints that line and exits with 2; everything
else is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GauntletError(Exception):
    """Something the user can mend. ``cure`` says how."""

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(what, cure)
        self.what = what
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.what} [{self.cure}]" if self.cure else self.what


class ConfigError(GauntletError):
    """A name, key or value in the configuration is wrong."""


class AssetsError(GauntletError):
    """An assets folder is absent, partial or of the wrong layout."""


class RenderError(GauntletError):
    """No Vulkan device can render, or the driver is too old."""


class AgentError(GauntletError):
    """An agent broke its contract: wrong shape, NaN, out of range."""


class StaleFrameError(GauntletError):
    """A lazily rendered value was asked for after the simulator had moved on."""


class StoreError(GauntletError):
    """A run folder cannot be written, is locked, or belongs to another run."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for an unknown ``name``: the nearest known names, or the whole (short) list."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known: {shown}" if names else "none is known"
