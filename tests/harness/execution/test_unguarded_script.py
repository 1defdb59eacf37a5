"""A script that calls evaluate without ``if __name__ == "__main__"``, which spawned workers import again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITE = """
name: toy/one
common: {max_steps: 3, env: "harness.conformance.toy_env:gauntlet/Toy-v0"}
entries: [{axes: [{key: seed, range: [1]}]}]
"""


def test_says_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(SUITE)
    (tmp_path / "script.py").write_text('from harness import evaluate\nevaluate("one.yaml", "hold", executor="process", record="none")\n')
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert 'put the call under `if __name__ == "__main__":`' in done.stderr
