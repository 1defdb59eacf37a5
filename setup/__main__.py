"""``make setup``: system packages, virtual environment, pinned packages. Idempotent, and quick where nothing has to be done."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import time
from pathlib import Path

from setup import graphics
from setup.environment import Environment
from setup.progress import SetupError, note


def main() -> int:
    parser = argparse.ArgumentParser(prog="make setup", description=__doc__)
    parser.add_argument("--no-system", action="store_true", help="leave the system's packages alone (also GAUNTLET_NO_SYSTEM=1)")
    arguments = parser.parse_args()

    start = time.monotonic()
    environment = Environment(Path(__file__).resolve().parents[1])
    try:
        environment.log.parent.mkdir(exist_ok=True)
        with (environment.log.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second set-up of the same checkout waits
            renderer = "not looked at" if arguments.no_system or os.environ.get("GAUNTLET_NO_SYSTEM") == "1" else graphics.ensure()
            environment.ensure()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: stopped; make setup goes on from here", file=sys.stderr)
        return 130
    note(f"ready in {time.monotonic() - start:.1f} s (rendering: {renderer})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
