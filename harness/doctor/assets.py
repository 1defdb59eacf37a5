"""Assets of the environments, checked by the rooms that own them.

A room names a function under the entry-point group ``gauntlet.assets`` (in pyproject.toml); the harness calls it and imports nothing of the room itself::

    [project.entry-points."gauntlet.assets"]
    simpler = "envs.manipulation.simpler.assets_entry:simpler_data"

    def simpler_data(folder=None) -> list[tuple[str, str, str, str]]:
        '''(name, "ok" | "warn" | "fail" | "absent", what was found, the cure); optional assets that are not there are absent, not failed.'''

Where it has an attribute ``get(source, target)``, which returns rows of the same kind, ``gauntlet assets get`` calls that to bring data into place.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from harness.doctor.check import STATUSES, Check
from harness.errors import GauntletError

GROUP = "gauntlet.assets"

AssetsCheck = Callable[[], Iterable[Sequence[str]]]


class Named(Protocol):
    """What is needed of an entry point."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> str: ...

    def load(self) -> AssetsCheck: ...


def check_assets(entry_points: Iterable[Named] | None = None) -> list[Check]:
    """Every registered check's findings; a check that itself fails is a finding too."""
    registered = importlib.metadata.entry_points(group=GROUP) if entry_points is None else entry_points
    checks: list[Check] = []
    for entry_point in sorted(registered, key=lambda point: point.name):
        try:
            checks += [_finding(*row) for row in entry_point.load()()]
        except GauntletError as error:
            checks.append(Check(f"assets: {entry_point.name}", "fail", error.what, error.cure))
        except Exception as error:
            cure = f"mend {entry_point.value} (entry point {entry_point.name} of {GROUP})"
            checks.append(Check(f"assets: {entry_point.name}", "fail", f"its check failed: {type(error).__name__}: {error}", cure))
    return checks


def _finding(name: str, status: str, found: str, cure: str = "") -> Check:
    for known in STATUSES:
        if status == known:
            return Check(f"assets: {name}", known, found, cure)
    raise ValueError(f"status {status!r} of {name!r} is none of {', '.join(STATUSES)}")
