"""What ``gauntlet report`` may be given: run folders, names of baselines, or a comparison that ``gauntlet compare --json`` wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.baselines import resolve_run
from harness.errors import StoreError


def runs_of(given: Sequence[str], baselines: Path) -> tuple[list[str], str | None]:
    """(the runs' paths, the rule of success that a comparison was made with or None).

    Raises:
        StoreError: a file that is no comparison; whatever :func:`resolve_run` raises.
    """
    paths: list[str] = []
    rule = None
    for one in given:
        if one.endswith(".json") and Path(one).is_file():
            runs, rule = _comparison(Path(one))
            paths += runs
        else:
            paths.append(resolve_run(one, baselines))
    return paths, rule


def _comparison(path: Path) -> tuple[list[str], str]:
    try:
        data: Any = json.loads(path.read_text())
        return [str(run["path"]) for run in data["runs"]], str(data["success"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"{path} is no comparison: {type(error).__name__} {error}", "make one with gauntlet compare A B --json FILE"
        ) from None
