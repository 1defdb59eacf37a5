"""Which success of an episode counts: that at its last step, or that at any step. Both are always recorded."""

from __future__ import annotations

from typing import Literal

from harness.errors import ConfigError

SuccessRule = Literal["last", "any"]


def success_rule_named(name: str | None) -> SuccessRule | None:
    """The rule of that name; None stays None, the suite's own rule. Raises ConfigError for any other name."""
    if name is None or name == "last" or name == "any":
        return name
    raise ConfigError(f"success={name!r}", "last or any")
