"""``make constraints``: writes constraints.txt from the packages of the present environment."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

HEADER = """\
# Every package that Gauntlet is developed and tested with, at the one version. `make setup` installs with `-c constraints.txt`; `make constraints` writes this file from the present .venv.
# No local versions (torch==2.13.0 admits 2.13.0+cpu and the CUDA build alike), and no CUDA packages: torch's own metadata pins those on the machines that take them.
"""

# Ours, the installers, and what depends on the machine.
LEFT_OUT = re.compile(r"^(vla-gauntlet|pip|triton|nvidia-(?!ml-py$).*|cuda-.*)$")


def pins(distributions: dict[str, str]) -> list[str]:
    """``name==version`` lines from {name: version}."""
    kept = {name: version.split("+")[0] for name, version in distributions.items() if not LEFT_OUT.match(normalise(name))}
    return [f"{normalise(name)}=={kept[name]}" for name in sorted(kept, key=normalise)]


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    installed = {distribution.metadata["Name"]: distribution.version for distribution in importlib.metadata.distributions()}
    file = Path(__file__).parents[1] / "constraints.txt"
    file.write_text(HEADER + "\n".join(pins(installed)) + "\n")
    print(f"{file}: {len(installed)} packages")


if __name__ == "__main__":
    main()
