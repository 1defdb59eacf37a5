"""What a check of the doctor answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

# absent: something optional is not there, and nothing that is there is wrong.
Status = Literal["ok", "warn", "fail", "absent"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, how it stands, what was found and, where it is not ok, what to do."""

    name: str
    status: Status
    found: str
    cure: str = ""
