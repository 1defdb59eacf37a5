"""Where a command's ``--json``, ``--markdown``, ``--html`` and ``--junit`` go."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.errors import StoreError


def write_text(place: str, text: str) -> None:
    """Write to the file ``place``, or to standard output for "-". Raises StoreError if it cannot be written."""
    if place == "-":
        sys.stdout.write(text)
        return
    path = Path(place)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}", "give another file") from None
    print(f"written: {path}", file=sys.stderr)
