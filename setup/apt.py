"""Debian's and Ubuntu's packages: what is offered, and installing it where we may."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from setup.progress import SetupError, Step


@dataclass(frozen=True)
class Release:
    """The distribution, from /etc/os-release."""

    id: str
    codename: str
    name: str


def read_release(text: str) -> Release:
    fields = dict(re.findall(r'^([A-Z_]+)="?(.*?)"?$', text, flags=re.MULTILINE))
    return Release(fields.get("ID", ""), fields.get("VERSION_CODENAME", ""), fields.get("PRETTY_NAME", "this system"))


def this_release() -> Release:
    file = Path("/etc/os-release")
    return read_release(file.read_text() if file.exists() else "")


@dataclass(frozen=True)
class Offer:
    """A version that ``apt-cache policy`` lists, and the suites it comes from."""

    version: str
    suites: tuple[str, ...]

    @property
    def upstream(self) -> tuple[int, ...]:
        """(25, 0, 7) from ``25.0.7-2~bpo12+1``."""
        digits = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", self.version)
        return tuple(int(part) for part in digits[1].split(".")) if digits else ()


def parse_policy(text: str) -> tuple[str, list[Offer]]:
    """(candidate, every version offered) from the output of ``apt-cache policy PACKAGE``."""
    candidate = re.search(r"Candidate: (\S+)", text)
    offers: list[Offer] = []
    for line in text.splitlines():
        version = re.fullmatch(r" (?:\*\*\*|   ) (\S+) -?\d+", line)
        source = re.fullmatch(r" +-?\d+ \S+ ([^ /]+)/\S+ .*Packages", line)
        if version:
            offers.append(Offer(version[1], ()))
        elif source and offers:
            offers[-1] = Offer(offers[-1].version, (*offers[-1].suites, source[1]))
    return (candidate[1] if candidate and candidate[1] != "(none)" else ""), offers


def present() -> bool:
    return shutil.which("apt-get") is not None


def privilege() -> list[str] | None:
    """What to put before a command that needs root: nothing for root, sudo where it asks no password; None where there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def policy(package: str) -> tuple[str, list[Offer]]:
    result = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    return parse_policy(result.stdout)


def update(root: list[str]) -> None:
    _apt_get(root, "system packages: reading the lists", "update")


def install(root: list[str], packages: list[str], suite: str = "") -> None:
    target = ["-t", suite] if suite else []
    _apt_get(root, f"system packages: {' '.join(packages)}", "install", "--yes", "--no-install-recommends", *target, *packages)


def write_as_root(root: list[str], file: Path, text: str) -> None:
    subprocess.run([*root, "tee", str(file)], input=text, text=True, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([*root, "chmod", "644", str(file)], check=True)


def _apt_get(root: list[str], title: str, *arguments: str) -> None:
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get", "-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"]
    with Step(title):
        result = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        # `apt-get update` answers 0 when a list could not be fetched, with a warning.
        trouble = [line for line in (result.stdout + result.stderr).splitlines() if re.match(r"E: |W: Failed to fetch|Err:", line)]
        if result.returncode != 0:
            raise SetupError(
                f"apt-get {arguments[0]} failed: {'; '.join(trouble) or (result.stderr.strip() or result.stdout.strip())[-2000:]} "
                "[check the network and /etc/apt, then run make setup again]"
            )
