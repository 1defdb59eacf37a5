"""The installed packages against the pins of constraints.txt."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from harness.doctor.check import Check

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
DISTRIBUTION = "vla-gauntlet"


def check_packages(constraints: Path = CONSTRAINTS) -> Check:
    """Every installed package at its pin, and every package that a run needs installed. Other people's additions are nobody's business."""
    if not constraints.exists():
        return Check("packages", "absent", "installed without the checkout: there are no pins to compare with")
    pins = read_pins(constraints.read_text())
    wrong, missing, right = [], [], 0
    required = required_packages()
    for name, pin in pins.items():
        installed = version_of(name)
        if installed is None:
            missing += [name] if name in required else []
        elif installed.split("+")[0] != pin:
            wrong.append(f"{name} {installed} (pinned: {pin})")
        else:
            right += 1
    if missing:
        return Check("packages", "fail", f"missing: {', '.join(missing)}", "make setup")
    if wrong:
        return Check("packages", "warn", f"not at their pins: {', '.join(wrong)}", ".venv/bin/pip install -c constraints.txt -e .[dev,ray]")
    return Check("packages", "ok", f"{right} at their pins")


def read_pins(text: str) -> dict[str, str]:
    return {normalise(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE)}


def required_packages() -> set[str]:
    """What the project itself asks for, extras aside."""
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return set()
    return {normalise(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in requirements if "extra ==" not in line}


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def version_of(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
