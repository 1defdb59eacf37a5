"""Apt's sources, read in both formats, and a new suite derived from one that is already there.

Debian 12 ships a lavapipe that is too old; the one in its backports suite is not. The machine already knows a mirror, a key and perhaps a proxy for the base suite, and the backports live in the same archive, so the
new source is the old one with another suite: no host name is written in this project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

# deb822 names of the options that one-line entries put in brackets.
ONE_LINE_OPTIONS = {
    "arch": "Architectures",
    "lang": "Languages",
    "target": "Targets",
    "pdiffs": "PDiffs",
    "by-hash": "By-Hash",
    "allow-insecure": "Allow-Insecure",
    "allow-weak": "Allow-Weak",
    "allow-downgrade-to-insecure": "Allow-Downgrade-To-Insecure",
    "trusted": "Trusted",
    "signed-by": "Signed-By",
    "check-valid-until": "Check-Valid-Until",
    "valid-until-min": "Valid-Until-Min",
    "valid-until-max": "Valid-Until-Max",
}
LIST_OPTIONS = {"Architectures", "Languages", "Targets"}


@dataclass(frozen=True)
class Source:
    """One enabled source of binary packages. ``options`` are deb822 fields other than the four that have a name here."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)


def parse_one_line(text: str) -> list[Source]:
    """Entries of a ``sources.list``: ``deb [signed-by=... arch=...] URI suite component ...``."""
    sources = []
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        entry = re.fullmatch(r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s*(?P<components>.*)", line)
        if not entry:
            continue
        options = {}
        for option in (entry["options"] or "").split():
            key, _, value = option.partition("=")
            name = ONE_LINE_OPTIONS.get(key.rstrip("+-").lower())
            if name and value:
                options[name] = value.replace(",", " ") if name in LIST_OPTIONS else value
        sources.append(Source((entry["uri"],), (entry["suite"],), tuple(entry["components"].split()), options))
    return sources


def parse_deb822(text: str) -> list[Source]:
    """Stanzas of a ``.sources`` file. Continuation lines (an inline key, say) stay in the value as they are."""
    sources = []
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1] in (" ", "\t") and name:
                fields[name] += "\n" + line.rstrip()
            elif ":" in line:
                name, _, value = line.partition(":")
                name = "-".join(part.capitalize() for part in name.strip().split("-"))
                fields[name] = value.strip()
        enabled = fields.pop("Enabled", "yes").lower() not in ("no", "false", "0")
        types, uris, suites, components = (tuple(fields.pop(key, "").split()) for key in ("Types", "Uris", "Suites", "Components"))
        if enabled and "deb" in types and uris and suites:
            sources.append(Source(uris, suites, components, fields))
    return sources


def read_sources(etc_apt: Path = Path("/etc/apt")) -> list[Source]:
    """Every enabled source of the machine, in apt's own order."""
    files = [etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))]
    sources: list[Source] = []
    for file in files:
        if file.is_file() and file.suffix in (".list", ".sources"):
            parse = parse_one_line if file.suffix == ".list" else parse_deb822
            sources += parse(file.read_text(encoding="utf-8", errors="replace"))
    return sources


def has_suite(sources: Iterable[Source], suite: str) -> bool:
    return any(suite in source.suites for source in sources)


def derive(sources: Iterable[Source], base: str, suite: str) -> str | None:
    """A deb822 file for ``suite`` from the first source of ``base`` that has the component main; None where there is none."""
    for source in sources:
        if base in source.suites and "main" in source.components:
            fields = {"Types": "deb", "URIs": " ".join(source.uris), "Suites": suite, "Components": " ".join(source.components), **source.options}
            return "".join(f"{name}:{value if value.startswith(chr(10)) else ' ' + value}\n" for name, value in fields.items())
    return None
