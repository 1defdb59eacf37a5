"""Compiled functions are kept on disk under a name that any change of their sources changes."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from envs.driving.kernel import kernel, kernel_folder

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from envs.driving.kernel import kernel_folder
from envs.driving.scoring.overlap import boxes_touch
import numpy as np
box = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
assert boxes_touch(box, box + 1.0)
print(kernel_folder())
print(sum(boxes_touch.stats.cache_hits.values()), sum(boxes_touch.stats.cache_misses.values()))
"""


def run(cache: Path) -> list[str]:
    root = str(Path(__file__).parents[3])
    environment = {"PATH": "/usr/bin:/bin", "GAUNTLET_CACHE": str(cache), "HOME": str(cache)}
    made = subprocess.run([sys.executable, "-c", SCRIPT, root], capture_output=True, text=True, env=environment, check=True, cwd=root)
    return made.stdout.split()


def test_the_second_process_finds_what_the_first_compiled(tmp_path):
    first, second = run(tmp_path), run(tmp_path)
    assert first[0] == second[0]
    assert Path(first[0]).is_relative_to(tmp_path)
    assert first[1:] == ["0", "1"]
    assert second[1:] == ["1", "0"]


def test_numbas_own_setting_is_left_alone():
    config: Any = import_module("numba.core.config")  # its settings are made when it is imported
    before = config.CACHE_DIR

    @kernel
    def half(x):
        return 1.0 / x

    assert half(2.0) == 0.5
    assert np.isinf(half(0.0)), "dividing by zero is no error"
    assert before == config.CACHE_DIR
    assert kernel_folder()
