"""How SIMPLER's files are told from one another: sha256 and size of the originals, and of the known substitutes for those that public mirrors lack.

``file_hashes.json``: {"originals" | "substitutes": {logical name: [sha256, bytes]}}, written from a folder of the layout ``gauntlet`` by ``python -m envs.manipulation.simpler.file_hashes DIR``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from envs.manipulation.simpler.assets import LAYOUTS, SUBSTITUTE_FOLDER

HASHES_FILE = Path(__file__).with_name("file_hashes.json")
ORIGINAL, SUBSTITUTE, UNKNOWN = "original", "substitute", "unknown"


@dataclass(frozen=True)
class Identity:
    """What a file is. ``verdict``: ORIGINAL, SUBSTITUTE or UNKNOWN; ``expected``: bytes of the original, None where its hash is not known."""

    verdict: str
    size: int
    expected: int | None


def identify(name: str, file: Path) -> Identity:
    """``name``: the logical name, without alternatives."""
    originals, substitutes = known_hashes()
    size, digest = file.stat().st_size, sha256(file)
    expected = originals[name][1] if name in originals else None
    if name in originals and originals[name][0] == digest:
        return Identity(ORIGINAL, size, expected)
    if name in substitutes and substitutes[name][0] == digest:
        return Identity(SUBSTITUTE, size, expected)
    return Identity(UNKNOWN, size, expected)


@cache
def known_hashes() -> tuple[Mapping[str, tuple[str, int]], Mapping[str, tuple[str, int]]]:
    """(originals, substitutes): {logical name: (sha256, bytes)}."""
    content = json.loads(HASHES_FILE.read_text())
    originals, substitutes = (
        {name: (digest, size) for name, (digest, size) in content[kind].items()} for kind in ("originals", "substitutes")
    )
    return originals, substitutes


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_hashes(root: Path, target: Path = HASHES_FILE) -> int:
    """How many files were hashed."""
    found: dict[str, dict[str, tuple[str, int]]] = {"originals": {}, "substitutes": {}}
    for kind, folders in LAYOUTS["gauntlet"].items():
        for folder in folders:
            chapter = found["substitutes" if folder.startswith(SUBSTITUTE_FOLDER) else "originals"]
            for file in sorted(path for path in (root / folder).rglob("*") if path.is_file()):
                chapter[f"{kind}/{file.relative_to(root / folder).as_posix()}"] = (sha256(file), file.stat().st_size)
    chapters = (
        f'"{chapter}": {{\n' + ",\n".join(f"{json.dumps(name)}: {json.dumps(fact)}" for name, fact in sorted(files.items())) + "\n}"
        for chapter, files in found.items()
    )
    target.write_text("{" + ",\n".join(chapters) + "}\n")
    return sum(len(files) for files in found.values())


if __name__ == "__main__":
    print(f"{write_hashes(Path(sys.argv[1]))} files")
