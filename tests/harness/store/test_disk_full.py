"""A disk that is really full: a small file system of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import StoreError

NOISE = os.urandom(1 << 16)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"this machine does not permit mounting: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path, leave: int) -> Path:
    """A file that leaves about ``leave`` bytes free."""
    ballast = place / "ballast"
    with ballast.open("wb") as file:
        while (free := shutil.disk_usage(place).free) > leave:
            file.write(NOISE[: min(len(NOISE), max(4096, free - leave))])
            file.flush()
    return ballast


@pytest.mark.parametrize("executor", ["inline", "process"])
@pytest.mark.parametrize("record", ["none", "light"])
def test_full_disk_ends_the_run_and_room_lets_it_complete(
    play: Callable[..., Any], toys: Callable[..., Any], episodes: Callable[..., Any], disk: Path, executor: str, record: str
):
    suite = toys(30 if record == "none" else 8)
    given = [f"results={disk}", f"record={record}"]
    ballast = fill(disk, 160_000)
    with pytest.raises(StoreError) as caught:
        play(suite, "random", *given, executor=executor)
    assert "\n" not in str(caught.value)
    assert "disk" in str(caught.value)
    before = episodes(disk / "run")
    assert len(before) < len(suite.scenarios)
    assert all(e.outcome != "error" for e in before.values())  # a full disk is nobody's failure
    ballast.unlink()
    result = play(suite, "random", *given, executor=executor)
    assert result.errors == 0
    assert len(episodes(disk / "run")) == len(suite.scenarios)


def test_full_from_the_start(play: Callable[..., Any], toys: Callable[..., Any], disk: Path):
    fill(disk, 0)
    with pytest.raises(StoreError, match=r"disk|permissions"):
        play(toys(1), "hold", f"results={disk}")
